"""One archive that several workers pack, as parts of one upload."""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from bagkit.archive import verify_archive
from bagkit.archive.shards import count_per_shard, pack_shard
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports import shard_jobs
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export, ExportShard
from bookbag.exports.services import cancel_export
from bookbag.exports.shard_jobs import ShardJobs
from bookbag.exports.states import ExportState, ShardState
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.factories_files import write_work
from tests.integration.exports.test_object_storage import Killed, count_uploads
from tests.integration.exports.test_streamed_exports import list_sent

pytestmark = pytest.mark.django_db(transaction=True)

EXPORTS = ExportJobs()
SHARDS = ShardJobs()
STUDENTS = 9
SIZES = (20, 3_000_000, 50, 60, 12_000_000, 4_000_000, 30, 9_000_000, 40)
"""Bytes of each student's file: shards of a few bytes, and of several parts."""


@pytest.fixture
def export(
    objects: ObjectStorage, settings: Settings, course: Course, teacher: User,
    tmp_path: Path,
) -> Export:  # fmt: skip
    settings.BOOKBAG_SHARD_WORKSPACES = 2
    chooser = random.Random(8)  # noqa: S311 - content that cannot be compressed
    assignment = factories.make_assignment(course)
    for number, size_bytes in enumerate(SIZES):
        folder = write_work(tmp_path / "work" / f"s{number}", f"{number}")
        (folder / "sound.bin").write_bytes(chooser.randbytes(size_bytes))
        student = factories.enrol(course, f"s{number}")
        factories.make_project(assignment, student, files_folder=folder)
    return factories.make_export(course, teacher)


def read_ready(objects: ObjectStorage, export: Export) -> bytes:
    """Return the file of an export, which has to be ready and to be all there is."""
    export.refresh_from_db()
    assert (export.state, export.failure_sentence) == (ExportState.READY, "")
    assert list(objects.iter_keys()) == [export.storage_key]
    assert not ExportShard.objects.exists()
    with objects.open_file(export.storage_key) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == export.sha256
    return content


def pack_alone(objects: ObjectStorage, settings: Settings, export: Export) -> bytes:
    """Compile a finished export again by one worker, with the same snapshot."""
    settings.BOOKBAG_SHARD_WORKSPACES = 0
    objects.delete_file(export.storage_key)
    export.receipt.delete()
    Export.objects.filter(pk=export.pk).update(state=ExportState.QUEUED)
    run_job(EXPORTS, export.pk)
    return read_ready(objects, export)


@contextmanager
def another_worker(export: Export) -> Iterator[list[UUID]]:
    """Have a second worker look for shards; yield the ids of those it worked on."""
    is_done, worked_on = threading.Event(), []

    def work() -> None:
        while not is_done.wait(0.02):
            chosen = SHARDS.choose(export.pk, only_quick=False)
            if chosen is not None and run_job(SHARDS, chosen):
                worked_on.append(chosen)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield worked_on
    finally:
        is_done.set()
        thread.join()


def stop_packing_after(
    monkeypatch: pytest.MonkeyPatch, count: int, stop: Callable[[], None]
) -> None:
    """Have something happen in the middle of a shard, when so many are packed."""
    packed = []

    def pack(*arguments: object, **named: object) -> object:
        parts = pack_shard(*arguments, **named)  # type: ignore[arg-type]  # passed on
        packed.append(parts)
        if len(packed) == count + 1:
            stop()
        return parts

    monkeypatch.setattr(shard_jobs, "pack_shard", pack)


def test_one_worker_alone_packs_all_shards_into_the_same_bytes(
    objects: ObjectStorage, settings: Settings, export: Export, tmp_path: Path
) -> None:
    run_job(EXPORTS, export.pk)

    content = read_ready(objects, export)
    (tmp_path / "it.zip").write_bytes(content)
    assert verify_archive(tmp_path / "it.zip").findings == ()
    assert pack_alone(objects, settings, export) == content


def test_two_workers_share_an_archive(
    objects: ObjectStorage, settings: Settings, export: Export
) -> None:
    with another_worker(export) as worked_on:
        run_job(EXPORTS, export.pk)

    assert 0 < len(worked_on) < 5
    content = read_ready(objects, export)
    assert pack_alone(objects, settings, export) == content


def test_a_shard_of_a_worker_that_was_killed_is_taken_over(
    objects: ObjectStorage, settings: Settings, export: Export,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    killed: list[ExportShard] = []

    def kill() -> None:
        # What a process that is gone leaves: a row, parts, and nobody's heartbeat.
        running = ExportShard.objects.get(state=ShardState.RUNNING)
        ExportShard.objects.filter(pk=running.pk).update(
            lease_expires_at=timezone.now(), attempt=running.attempt
        )
        killed.append(running)
        raise Killed

    stop_packing_after(monkeypatch, 2, kill)
    with pytest.raises(Killed):
        run_job(EXPORTS, export.pk)
    Export.objects.update(lease_expires_at=timezone.now())
    ready = ExportShard.objects.filter(state=ShardState.READY).count()
    sent = list_sent(objects, export.pk)
    numbers = count_uploads(objects, monkeypatch)

    run_job(EXPORTS, export.pk)

    assert ([shard.number for shard in killed], ready) == ([3], 3)
    assert not set(sent) & set(numbers)
    content = read_ready(objects, export)
    assert export.attempt == 2
    assert pack_alone(objects, settings, export) == content


def test_cancelling_stops_the_shards_and_leaves_nothing(
    objects: ObjectStorage, export: Export, teacher: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stop_packing_after(
        monkeypatch, 1, lambda: cancel_export(person=teacher, export=export)
    )

    run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert not ExportShard.objects.exists()
    assert list(objects.iter_keys()) == []


def test_a_shard_that_is_given_up_ends_the_export(
    objects: ObjectStorage, settings: Settings, export: Export,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.BOOKBAG_MAX_ATTEMPTS = 1

    def fail() -> None:
        message = "the disk of this worker is odd"
        raise OSError(message)

    stop_packing_after(monkeypatch, 1, fail)

    run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert (export.state, export.failure_code) == ("failed", "export_shard_failed")
    assert "the disk of this worker is odd" in export.failure_sentence
    assert list(objects.iter_keys()) == []


def test_shards_of_another_plan_are_begun_anew(
    objects: ObjectStorage, export: Export, monkeypatch: pytest.MonkeyPatch,
    course: Course, tmp_path: Path,
) -> None:  # fmt: skip
    def interrupt() -> None:
        raise Killed

    stop_packing_after(monkeypatch, 3, interrupt)
    with pytest.raises(Killed):
        run_job(EXPORTS, export.pk)
    student = factories.enrol(course, "late")
    folder = write_work(tmp_path / "work" / "late", "late")
    assignment = course.modules.get().assignments.get()
    factories.make_project(assignment, student, files_folder=folder)
    Export.objects.update(lease_expires_at=timezone.now())

    run_job(EXPORTS, export.pk)

    read_ready(objects, export)
    assert export.receipt.present == STUDENTS + 1


@pytest.mark.parametrize(
    ("workspaces", "wanted", "expected"),
    [(99, 0, 0), (20, 10, 0), (21, 10, 10), (2000, 10, 10), (2001, 10, 11)],
)
def test_shards_are_made_of_large_archives_only_and_are_never_many(
    workspaces: int, wanted: int, expected: int
) -> None:
    assert count_per_shard(workspaces, wanted) == expected
