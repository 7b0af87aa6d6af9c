"""The writer of archives, killed at any moment: the next one writes the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories_files import write_work

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("BOOKBAG_FAULT_ROUNDS", "8"))
STUDENTS = 120
LONGEST_SECONDS = 0.9
WRITE = """
import sys
from pathlib import Path
from bagkit.archive import EarlierWork, write_bag
from tests.unit.packing.bags import expect, make_plan
work, target, *earlier = map(Path, sys.argv[1:])
folders = {path.name: path for path in sorted(work.iterdir())}
earlier_work = EarlierWork(resume_from=earlier)
print(write_bag(make_plan(expect(folders)), target, earlier=earlier_work).sha256)
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("work")
    chooser = random.Random(20261122)  # noqa: S311 - the same files each time
    for number in range(STUDENTS):
        root = write_work(home / f"s{number:03}", f"{number}" * 999)
        for name in range(20):
            (root / f"{name}.bin").write_bytes(chooser.randbytes(30_000))
    return home


def start(work: Path, target: Path, *earlier: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITE, work, target, *earlier],
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> str:
    printed, _ = process.communicate(timeout=60)
    return printed.strip()


def test_a_killed_writer_is_followed_by_one_that_ends_the_same(
    work: Path, tmp_path: Path
) -> None:
    expected = finish(start(work, tmp_path / "undisturbed.zip"))
    chooser = random.Random()  # noqa: S311 - other moments each time
    killed = 0
    for number in range(ROUNDS):
        first, second = tmp_path / f"{number}-1.zip", tmp_path / f"{number}-2.zip"
        process = start(work, first)
        time.sleep(chooser.uniform(0.1, LONGEST_SECONDS))
        process.send_signal(signal.SIGKILL)
        was_done = finish(process) != ""
        killed += not was_done

        assert finish(start(work, second, first)) == expected
        left = {path.name for path in tmp_path.glob(f"{number}-*")}
        assert left <= {first.name, second.name}
        first.unlink(missing_ok=True)
        second.unlink()

    assert killed > ROUNDS // 4
