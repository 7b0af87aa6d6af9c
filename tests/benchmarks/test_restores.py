"""A large course restored by the command: time, and memory of all its processes."""

import os
import time
import zipfile
from pathlib import Path

import pytest

from tests.benchmarks.test_reports import MemoryWatch
from tests.functional.sites import WORKSPACE, Site

STUDENTS = int(os.environ.get("BOOKBAG_BENCH_STUDENTS", "200"))
COUNT = "SELECT count(*) FROM courses_project"
pytestmark = [pytest.mark.bench, pytest.mark.timeout(3_600)]


def test_a_course_where_nothing_of_it_is_and_once_more(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    with Site(tmp_path / "old") as old:
        old.load_course(students=STUDENTS)
        old.start("worker")
        archive = old.fetch_export()
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
        files = sum("/workspaces/" in n and n[-1] != "/" for n in names)
        megabytes = archive.stat().st_size / 1e6
        ((workspaces,),) = old.query(COUNT)
        print(f"\n{workspaces} workspaces, {files:,} files, {megabytes:.1f} MB")  # noqa: T201
        with Site(tmp_path / "new") as new:
            new.migrate()
            for name in ("all of it", "once more"):
                begin = time.perf_counter()
                command = new.start("restore", str(archive), f"--workspace={WORKSPACE}")
                watch = MemoryWatch(command.pid)
                watch.start()
                assert command.wait(3_000) == 0
                seconds = time.perf_counter() - begin
                peak = watch.stop() / 1e6
                print(f"  {name:10} {seconds:7.2f} s {peak:5.0f} MB peak")  # noqa: T201
            assert new.query(COUNT) == [(workspaces,)]
