"""One archive on an object store by 1, 2 and 4 workers, and what was predicted."""

import hashlib
import os
import random
import statistics
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from bagkit.archive import shards as engine_shards
from bookbag.domain.courses.models import Course
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.shard_jobs import ShardJobs
from bookbag.exports.states import ExportState
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.jobs.working import run_job
from docs.simulate import MEGABYTE, Plan, Prices, simulate
from tests import factories
from tests.integration.exports.conftest import (  # noqa: F401 - fixtures
    bucket,
    objects,
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
WORKERS, ROUNDS = (1, 2, 4), 3
RATE_BYTES = 64 << 20
TINY_SHARDS = 16


def fill_course(
    course: Course,
    folder: Path,
    *,
    students: int,
    files: int,
    file_bytes: int,
) -> Course:
    """Give a course students with the same texts each time."""
    chooser = random.Random(8)  # noqa: S311 - the same files each time
    assignment = factories.make_assignment(course)
    words = [f"{chooser.getrandbits(24):x}" for _ in range(4_000)]
    for number in range(students):
        workspace = folder / f"s{number:04}"
        workspace.mkdir(parents=True)
        for name in range(files):
            text = " ".join(chooser.choices(words, k=file_bytes // 7 + 1))
            (workspace / f"{name}.txt").write_text(text)
        student = factories.enrol(course, f"{course.name.lower()}-{workspace.name}")
        factories.make_project(assignment, student, files_folder=workspace)
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


def ask_for(course: Course) -> Export:
    teacher = factories.make_teacher(course)
    return factories.make_export(course, teacher)


def compile_anew(course: Course, storage: ObjectStorage) -> float:
    """Compile a course once by one worker, and forget the archive."""
    export = ask_for(course)
    seconds = compile_with(1, export)
    storage.delete_file(export.storage_key)
    return seconds


def measure_rates(
    storage: ObjectStorage,
    folder: Path,
    settings: Settings,
) -> dict[str, float]:
    """Measure all that the simulation asks for but the rate of packing.

    Returns:
        Fields of ``Plan``: seconds, and megabytes a second.
    """
    content = os.urandom(RATE_BYTES)
    begin = time.perf_counter()
    hashlib.sha256(content).hexdigest()
    digested = time.perf_counter()
    with storage.open_upload("published/rates.bin") as upload:
        upload.write(content)
        key = upload.complete()
    sent = time.perf_counter()
    with storage.open_file(key) as file:
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    read = time.perf_counter()
    storage.delete_file(key)

    sizes = {"files": 1, "file_bytes": 7}
    one = fill_course(factories.make_course("One"), folder / "1", students=1, **sizes)
    fixed_seconds = compile_anew(one, storage)
    tiny = factories.make_course("Tiny")
    fill_course(tiny, folder / "2", students=2 * TINY_SHARDS, **sizes)
    settings.BOOKBAG_SHARD_WORKSPACES = 2
    tiny_seconds = compile_anew(tiny, storage)
    return {
        "digest_rate": RATE_BYTES / (digested - begin) / MEGABYTE,
        "send_rate": RATE_BYTES / (sent - digested) / MEGABYTE,
        "read_rate": RATE_BYTES / (read - sent) / MEGABYTE,
        "fixed_seconds": fixed_seconds,
        "shard_seconds": max(0.0, tiny_seconds - fixed_seconds) / TINY_SHARDS,
    }


def fit_pack_rate(plan: Plan, seconds: float) -> Plan:
    """Return a plan that packs as fast as one worker was seen to."""
    rates = [1.02**power for power in range(500)]
    plans = (replace(plan, pack_rate=rate) for rate in rates)
    return min(plans, key=lambda p: abs(simulate(p, Prices()).seconds - seconds))


def test_more_workers(
    objects: ObjectStorage, tmp_path: Path,  # noqa: F811
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(engine_shards, "count_processes", lambda _tasks: 1)
    sizes = {"students": STUDENTS, "files": FILES, "file_bytes": FILE_BYTES}
    large = fill_course(factories.make_course("Large"), tmp_path / "large", **sizes)
    measured: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    digests, archive_bytes = set(), 0
    rates = measure_rates(objects, tmp_path, settings)
    settings.BOOKBAG_SHARD_WORKSPACES = SHARD_WORKSPACES
    export = ask_for(large)
    for _round in range(ROUNDS):
        for workers in WORKERS:
            measured[workers].append(compile_with(workers, export))
            digests.add(export.sha256)
            archive_bytes = export.size_bytes or 0
            objects.delete_file(export.storage_key)
            export.receipt.delete()
            Export.objects.filter(pk=export.pk).update(
                state=ExportState.QUEUED, attempt=0
            )
    assert len(digests) == 1
    print_beside_forecast(measured, rates, archive_bytes, tmp_path / "large")


def print_beside_forecast(
    measured: dict[int, list[float]],
    rates: dict[str, float],
    archive_bytes: int,
    folder: Path,
) -> None:
    content_bytes = sum(path.stat().st_size for path in folder.rglob("*.txt"))
    plan = Plan(
        students=STUDENTS,
        assignments=1,
        files=FILES,
        file_bytes=content_bytes // (STUDENTS * FILES),
        ratio=archive_bytes / content_bytes,
        workers=1,
        cores=os.cpu_count() or 1,
        shard_workspaces=SHARD_WORKSPACES,
        store_rate=1e6,
        **rates,
    )
    fitted = fit_pack_rate(plan, statistics.median(measured[1]))
    print(f"\n{content_bytes / 1e6:.1f} MB, packed at {fitted.pack_rate:.1f} MB/s")  # noqa: T201
    print({name: round(value, 3) for name, value in rates.items()})  # noqa: T201
    for workers, runs in measured.items():
        predicted = simulate(replace(fitted, workers=workers), Prices()).seconds
        shown = ", ".join(f"{seconds:.1f}" for seconds in runs)
        print(  # noqa: T201
            f"{workers} workers: {statistics.median(runs):.1f} s ({shown}), "
            f"predicted {predicted:.1f} s"
        )
