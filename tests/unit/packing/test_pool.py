"""Packing processes answer in order, and none of their answers is ever overlooked."""

import os
import signal
from pathlib import Path

import pytest

from bagkit.errors import PackingError
from bagkit.packing.pool import PackingPool, PackingTask

TASKS = 400


def make_tasks(folder: Path, count: int) -> list[PackingTask]:
    tasks = []
    for number in range(count):
        root = folder / f"student{number}"
        root.mkdir()
        tasks.append(
            PackingTask(root=str(root), prefix=f"top/{number}/", max_file_bytes=1 << 40)
        )
    return tasks


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_many_quick_answers_all_arrive_in_order(tmp_path: Path, processes: int) -> None:
    # Two answers that arrived together once left the second in a buffer for ever.
    tasks = make_tasks(tmp_path, TASKS)
    (tmp_path / "parts").mkdir()

    with PackingPool(tmp_path / "parts" / "segment", processes) as pool:
        names = [
            part.packed.records[0][46:].split(b"/")[1] for part in pool.pack(tasks)
        ]

    assert names == [str(number).encode() for number in range(TASKS)]


def test_a_process_that_dies_is_an_error_with_a_name(tmp_path: Path) -> None:
    tasks = make_tasks(tmp_path, 200)
    (tmp_path / "parts").mkdir()

    with PackingPool(tmp_path / "parts" / "segment", 2) as pool:
        parts = pool.pack(tasks)
        next(parts)
        for packer in pool._packers:
            os.kill(packer._process.pid, signal.SIGKILL)
        with pytest.raises(PackingError, match="Found a packing process that ended"):
            list(parts)
