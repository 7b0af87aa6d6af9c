"""The archive of a course, beside the programs that people would use instead."""

import os
import random
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.courses import change_one_percent, generate_course
from tests.benchmarks.measuring import Measured, measure_in_turns

ROUNDS = int(os.environ.get("BOOKBAG_BENCH_ROUNDS", "3"))
STUDENTS = int(os.environ.get("BOOKBAG_BENCH_STUDENTS", "150"))
BIG_BYTES = int(os.environ.get("BOOKBAG_BENCH_BIG_BYTES", str(8 << 30)))
SETTLE_SECONDS = 2.5
"""A file that changed within two seconds before is read again."""
pytestmark = [pytest.mark.bench, pytest.mark.timeout(3_600)]


def ours(root: Path, target: Path, *reuse: Path) -> list[str]:
    program = [sys.executable, "-m", "tests.benchmarks.archives"]
    return [*program, *map(str, (root, target, *reuse))]


def in_folder(root: Path, command: str) -> list[str]:
    return ["sh", "-c", f'cd "{root}" && {command}']


def list_others(root: Path, home: Path) -> dict[str, list[str]]:
    """Return the other programs that are there, each with a file of its own."""
    make_archive = (
        "import shutil; "
        f"shutil.make_archive({str(home / 'shutil')!r}, 'zip', {str(root)!r})"
    )
    commands = {
        "zip -r -6": ("zip", f'rm -f "{home}/6.zip"; zip -q -r -6 "{home}/6.zip" .'),
        "zip -r -1": ("zip", f'rm -f "{home}/1.zip"; zip -q -r -1 "{home}/1.zip" .'),
        "7z -mx1 -mmt": (
            "7z",
            f'rm -f "{home}/7.zip"; '
            f'7z a -bd -tzip -mx1 -mmt "{home}/7.zip" . >/dev/null',
        ),
        "bsdtar zip": ("bsdtar", f'bsdtar -caf "{home}/b.zip" .'),
        "tar": ("tar", f'tar cf "{home}/t.tar" .'),
    }
    found = {
        name: in_folder(root, command)
        for name, (program, command) in commands.items()
        if shutil.which(program)
    }
    return found | {"shutil": [sys.executable, "-c", make_archive]}


OUTPUTS = {
    "zip -r -6": "6.zip",
    "zip -r -1": "1.zip",
    "7z -mx1 -mmt": "7.zip",
    "bsdtar zip": "b.zip",
    "tar": "t.tar",
    "shutil": "shutil.zip",
}


def show(title: str, measured: list[Measured], sizes: dict[str, int]) -> None:
    print(f"\n{title}, median of {ROUNDS}")  # noqa: T201
    for one in measured:
        size = sizes.get(one.name, 0)
        ratio = f"{one.seconds / measured[0].seconds:6.2f} of ours"
        facts = f"{one.seconds:7.2f} s {one.own_seconds:7.2f} s own {ratio}"
        bytes_used = f"{size / 1e6:8.1f} MB {one.peak_bytes / 1e6:5.0f} MB peak"
        print(f"  {one.name:<14} {facts} {bytes_used}")  # noqa: T201


def test_a_course_and_the_same_again(tmp_path: Path) -> None:
    root = tmp_path / "course"
    course = generate_course(root, students=STUDENTS)
    home = tmp_path / "out"
    home.mkdir()
    others = list_others(root, home)

    measured = measure_in_turns(
        {"bookbag": ours(root, home / "ours.zip"), **others}, rounds=ROUNDS
    )

    sizes = {n: (home / f).stat().st_size for n, f in OUTPUTS.items() if n in others}
    sizes["bookbag"] = (home / "ours.zip").stat().st_size
    show(
        f"{course.file_count:,} files, {course.size_bytes / 1e6:.0f} MB",
        measured,
        sizes,
    )
    changed = change_one_percent(root)
    time.sleep(SETTLE_SECONDS)
    again = ours(root, home / "again.zip", home / "ours.zip")
    second = measure_in_turns(
        {"bookbag again": again, "zip -r -6": others["zip -r -6"]}, rounds=ROUNDS
    )
    show(f"again after {changed} files changed", second, {})


def test_ten_times_the_students(tmp_path: Path) -> None:
    generate_course(tmp_path / "1x", students=STUDENTS)
    generate_course(tmp_path / "10x", students=10 * STUDENTS)

    measured = measure_in_turns(
        {
            name: ours(tmp_path / name, tmp_path / f"{name}.zip")
            for name in ("1x", "10x")
        },
        rounds=1,
    )

    show("ten times the students", measured, {})


@pytest.mark.parametrize("kind", ["incompressible", "compressible"])
def test_big_files(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "course" / "lab" / "student"
    folder.mkdir(parents=True)
    piece = random.Random(1).randbytes(1 << 20)  # noqa: S311 - the same each time
    if kind == "compressible":
        piece = piece[: 1 << 16].hex().encode() * 8
    for number in range(4):
        with (folder / f"{number}.bin").open("wb") as file:
            for _piece in range(BIG_BYTES // 4 // len(piece)):
                file.write(piece)

    measured = measure_in_turns(
        {
            "bookbag": ours(tmp_path / "course", tmp_path / "ours.zip"),
            "tar": in_folder(tmp_path / "course", f'tar cf "{tmp_path}/t.tar" .'),
        },
        rounds=1,
    )

    sizes = {"bookbag": (tmp_path / "ours.zip").stat().st_size}
    show(f"{BIG_BYTES / 1e9:.1f} GB of {kind} files", measured, sizes)
