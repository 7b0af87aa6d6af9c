"""One archive on an object store by 1, 2 and 4 workers, and what was predicted."""

import os
import random
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from bagkit.archive import shards as engine_shards
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.shard_jobs import ShardJobs
from bookbag.exports.states import ExportState
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.jobs.working import run_job
from docs.simulate import Plan, Prices, simulate
from tests import factories
from tests.integration.exports.conftest import (  # noqa: F401 - fixtures
    bucket,
    course,
    objects,
    storage,
    teacher,
    woken,
)

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(3_600),
    pytest.mark.django_db(transaction=True),
]

STUDENTS = int(os.environ.get("BOOKBAG_BENCH_STUDENTS", "200"))
FILES, FILE_BYTES = 40, 30_000
SHARD_WORKSPACES = max(1, STUDENTS // 16)


@pytest.fixture
def large_course(course: Course, tmp_path: Path) -> Course:  # noqa: F811
    chooser = random.Random(8)  # noqa: S311 - the same files each time
    assignment = factories.make_assignment(course)
    words = [f"{chooser.getrandbits(24):x}" for _ in range(4_000)]
    for number in range(STUDENTS):
        folder = tmp_path / "work" / f"s{number:04}"
        folder.mkdir(parents=True)
        for name in range(FILES):
            text = " ".join(chooser.choices(words, k=FILE_BYTES // 7))
            (folder / f"{name}.txt").write_text(text)
        student = factories.enrol(course, folder.name)
        factories.make_project(assignment, student, files_folder=folder)
    return course


def compile_with(workers: int, export: Export) -> float:
    """Compile an export by so many workers of one packing process each."""
    is_done = threading.Event()

    def help_along() -> None:
        while not is_done.wait(0.05):
            chosen = ShardJobs().choose(export.pk, only_quick=False)
            if chosen is not None:
                run_job(ShardJobs(), chosen)
        connection.close()

    helpers = [threading.Thread(target=help_along) for _ in range(workers - 1)]
    begin = time.perf_counter()
    for helper in helpers:
        helper.start()
    run_job(ExportJobs(), export.pk)
    seconds = time.perf_counter() - begin
    is_done.set()
    for helper in helpers:
        helper.join()
    export.refresh_from_db()
    assert export.state == ExportState.READY
    return seconds


def print_beside_forecast(
    course: Course,  # noqa: F811
    measured: dict[int, float],
    size_bytes: int,
) -> None:
    content_bytes = sum(
        path.stat().st_size
        for folder in course.modules.get().assignments.get().projects.all()
        for path in Path(folder.files_folder).iterdir()
    )
    # One number is fitted to the run of one worker: how fast it packs.
    plan = Plan(
        students=STUDENTS,
        assignments=1,
        files=FILES,
        file_bytes=content_bytes // (STUDENTS * FILES),
        ratio=size_bytes / content_bytes,
        workers=1,
        cores=os.cpu_count() or 1,
        shard_workspaces=SHARD_WORKSPACES,
    )
    rates = [rate / 10 for rate in range(10, 2_000)]
    fitted = min(
        (replace(plan, pack_rate=rate) for rate in rates),
        key=lambda p: abs(simulate(p, Prices()).seconds - measured[1]),
    )
    print(f"\n{content_bytes / 1e6:.1f} MB, packed at {fitted.pack_rate} MB/s")  # noqa: T201
    for workers, seconds in measured.items():
        predicted = simulate(replace(fitted, workers=workers), Prices()).seconds
        print(f"{workers} workers: {seconds:.1f} s, predicted {predicted:.1f} s")  # noqa: T201


def test_more_workers(
    objects: ObjectStorage, large_course: Course, teacher: User,  # noqa: F811
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(engine_shards, "count_processes", lambda _tasks: 1)
    settings.BOOKBAG_SHARD_WORKSPACES = SHARD_WORKSPACES
    export = factories.make_export(large_course, teacher)
    measured, digests, size_bytes = {}, set(), 0
    for workers in (1, 2, 4):
        measured[workers] = compile_with(workers, export)
        digests.add(export.sha256)
        size_bytes = export.size_bytes or 0
        objects.delete_file(export.storage_key)
        export.receipt.delete()
        Export.objects.filter(pk=export.pk).update(state=ExportState.QUEUED)
    assert len(digests) == 1
    print_beside_forecast(large_course, measured, size_bytes)
