"""A second archive copies what did not change, and is byte for byte a fresh one."""

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bagkit.archive import (
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    index_of,
    verify_archive,
    write_bag,
)
from bagkit.packing import reuse, workspace
from tests.factories_files import write_work
from tests.unit.packing.bags import TOP, expect, make_plan
from tests.unit.packing.inline import InlinePool

STUDENTS = 5
FILES = 3 * STUDENTS


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Files that were written a moment ago are not reused; here they count as old.
    monkeypatch.setattr(workspace, "UNSETTLED_NS", 0)
    home = tmp_path / "work"
    for number in range(STUDENTS):
        root = write_work(home / f"s{number}", f"{number}" * 5000)
        (root / "sub").mkdir()
        (root / "sub" / "link").symlink_to("../main.py")
    time.sleep(0.02)
    return home


def expect_all(work: Path) -> list[ExpectedWorkspace]:
    return expect({path.name: path for path in sorted(work.iterdir())})


def run(
    work: Path, target: Path, earlier: Path | None = None, name: str = TOP
) -> BagResult:
    return write_bag(
        dataclasses.replace(make_plan(expect_all(work)), name=name),
        target,
        earlier=EarlierWork(reuse=earlier, keeps_index=True),
    )


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bagkit.archive.bag.PackingPool", InlinePool)


def touch_nothing(_root: Path) -> None: ...


def edit(root: Path) -> None:
    (root / "main.py").write_text("print('edited')\n")


def edit_in_place_with_the_same_size_and_time(root: Path) -> None:
    path = root / "main.py"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_another_file(root: Path) -> None:
    path, before = root / "main.py", (root / "main.py").stat()
    (root / "new").write_bytes(b"x" * before.st_size)
    os.utime(root / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (root / "new").rename(path)


def change_mode(root: Path) -> None:
    (root / "main.py").chmod(0o755)


def rename(root: Path) -> None:
    (root / "main.py").rename(root / "renamed.py")


def swap(root: Path) -> None:
    (root / "main.py").rename(root / "kept")
    (root / "notes.txt").rename(root / "main.py")
    (root / "kept").rename(root / "notes.txt")


def remove(root: Path) -> None:
    (root / "main.py").unlink()


def add(root: Path) -> None:
    (root / "a new file").write_text("new")


def put_link_in_place(root: Path) -> None:
    (root / "main.py").unlink()
    (root / "main.py").symlink_to("notes.txt")


CHANGES: dict[Callable[[Path], None], int] = {
    touch_nothing: FILES,
    edit: FILES - 1,
    edit_in_place_with_the_same_size_and_time: FILES - 1,
    replace_by_another_file: FILES - 1,
    change_mode: FILES - 1,
    rename: FILES - 1,
    swap: FILES - 2,
    remove: FILES - 1,
    add: FILES,
    put_link_in_place: FILES - 1,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_second_archive_equals_a_fresh_one(
    work: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    run(work, tmp_path / "first.zip")
    change(work / "s2")

    second = run(work, tmp_path / "second.zip", earlier=tmp_path / "first.zip")
    fresh = run(work, tmp_path / "fresh.zip")

    assert second.sha256 == fresh.sha256
    assert second.reused_count == CHANGES[change]
    assert verify_archive(tmp_path / "second.zip").is_ok


def test_an_archive_of_another_day_is_reused_under_its_new_name(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reuse, "RENAMED_BYTES", 6_000)  # one file is larger
    (work / "s1" / "large.bin").write_bytes(os.urandom(20_000))
    run(work, tmp_path / "first.zip", name="CS101_2026-11-22")
    edit(work / "s2")

    second = run(work, tmp_path / "2.zip", tmp_path / "first.zip", "CS101_2026-11-29")
    fresh = run(work, tmp_path / "fresh.zip", name="CS101_2026-11-29")

    assert second.sha256 == fresh.sha256
    assert second.reused_count == FILES
    assert verify_archive(tmp_path / "2.zip").is_ok


def test_an_archive_of_a_course_that_was_renamed_is_packed_anew(
    work: Path, tmp_path: Path
) -> None:
    run(work, tmp_path / "first.zip", name="CS101_2026-11-22")

    second = run(work, tmp_path / "2.zip", tmp_path / "first.zip", "Biology_2026-11-22")

    assert second.reused_count == 0
    assert verify_archive(tmp_path / "2.zip").is_ok


def test_a_third_archive_reuses_the_second(work: Path, tmp_path: Path) -> None:
    run(work, tmp_path / "1.zip")
    run(work, tmp_path / "2.zip", earlier=tmp_path / "1.zip")
    third = run(work, tmp_path / "3.zip", earlier=tmp_path / "2.zip")

    assert third.reused_count == FILES


@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "of another archive"])
def test_an_index_that_cannot_be_used_is_as_good_as_none(
    work: Path, tmp_path: Path, harm: str
) -> None:
    first = run(work, tmp_path / "first.zip")
    index = index_of(tmp_path / "first.zip")
    if harm == "missing":
        index.unlink()
    elif harm == "of another archive":
        (tmp_path / "first.zip").write_bytes(b"another")
    else:
        index.write_bytes(b"" if harm == "empty" else index.read_bytes()[:-20])

    second = run(work, tmp_path / "second.zip", earlier=tmp_path / "first.zip")

    assert (second.sha256, second.reused_count) == (first.sha256, 0)


def test_a_file_that_has_just_changed_is_read_again(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "UNSETTLED_NS", 60_000_000_000)
    run(work, tmp_path / "first.zip")

    second = run(work, tmp_path / "second.zip", earlier=tmp_path / "first.zip")

    assert second.reused_count == 0
