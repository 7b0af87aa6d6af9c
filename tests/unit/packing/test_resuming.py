"""A writer that was interrupted goes on and ends with the same bytes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bagkit.archive import (
    EarlierWork,
    ExpectedWorkspace,
    Progress,
    discard_parts,
    write_bag,
)
from bagkit.packing import journal
from bagkit.packing.pool import PackingTask
from tests.factories_files import write_work
from tests.unit.packing.bags import expect, make_plan

STUDENTS = 30


@pytest.fixture
def workspaces(tmp_path: Path) -> list[ExpectedWorkspace]:
    folders = {
        f"s{number:02}": write_work(
            tmp_path / "work" / f"s{number:02}", f"{number}" * 99
        )
        for number in range(STUDENTS)
    }
    return expect(folders)


@pytest.fixture
def expected(workspaces: list[ExpectedWorkspace], tmp_path: Path) -> str:
    return write_bag(make_plan(workspaces), tmp_path / "undisturbed.zip").sha256


def stop_after(count: int) -> Callable[[Progress], None]:
    seen = 0

    def on_progress(_progress: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen > count:
            raise InterruptedError

    return on_progress


def interrupt(
    target: Path, workspaces: list[ExpectedWorkspace], count: int, *earlier: Path
) -> None:
    with pytest.raises(InterruptedError):
        write_bag(
            make_plan(workspaces),
            target,
            on_progress=stop_after(count),
            earlier=EarlierWork(resume_from=earlier),
        )


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[PackingTask]:
    """What is packed and not taken from an earlier attempt."""
    tasks: list[PackingTask] = []
    note = journal.PackingJournal.note

    def spy(self: journal.PackingJournal, task: PackingTask, part: object) -> None:
        tasks.append(task)
        note(self, task, part)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(journal.PackingJournal, "note", spy)
    return tasks


@pytest.mark.parametrize("count", [0, 1, 15, STUDENTS - 1, STUDENTS])
def test_it_goes_on_and_ends_the_same(
    workspaces: list[ExpectedWorkspace], expected: str, tmp_path: Path, count: int
) -> None:
    interrupt(tmp_path / "1.zip", workspaces, count)

    result = write_bag(
        make_plan(workspaces),
        tmp_path / "2.zip",
        earlier=EarlierWork(resume_from=[tmp_path / "1.zip"]),
    )

    assert result.sha256 == expected
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"work", "undisturbed.zip", "2.zip"}


def test_what_was_packed_is_not_packed_again(
    workspaces: list[ExpectedWorkspace],
    expected: str,
    tmp_path: Path,
    packed: list[PackingTask],
) -> None:
    packed.clear()
    interrupt(tmp_path / "1.zip", workspaces, 10)
    interrupt(tmp_path / "2.zip", workspaces, 20, tmp_path / "1.zip")
    before = len(packed)

    result = write_bag(
        make_plan(workspaces),
        tmp_path / "3.zip",
        earlier=EarlierWork(resume_from=[tmp_path / "2.zip"]),
    )

    assert result.sha256 == expected
    assert before >= 20
    assert len(packed) == STUDENTS


@pytest.mark.parametrize("harm", ["segment", "journal", "cut journal", "no segment"])
def test_what_was_harmed_is_packed_again(
    workspaces: list[ExpectedWorkspace], expected: str, tmp_path: Path, harm: str
) -> None:
    interrupt(tmp_path / "1.zip", workspaces, 20)
    parts = tmp_path / "1.zip.parts"
    for path in parts.glob("journal-*" if "journal" in harm else "segment-*"):
        content = bytearray(path.read_bytes())
        if harm == "no segment":
            path.unlink()
            continue
        content[len(content) // 2] ^= 1
        path.write_bytes(content[: len(content) // 2] if "cut" in harm else content)

    result = write_bag(
        make_plan(workspaces),
        tmp_path / "2.zip",
        earlier=EarlierWork(resume_from=[tmp_path / "1.zip"]),
    )

    assert result.sha256 == expected


def test_the_finished_file_is_what_was_said(
    workspaces: list[ExpectedWorkspace], expected: str, tmp_path: Path
) -> None:
    content = (tmp_path / "undisturbed.zip").read_bytes()

    assert hashlib.sha256(content).hexdigest() == expected
    assert not (tmp_path / "undisturbed.zip.parts").exists()


def test_what_nobody_goes_on_with_is_removed(
    workspaces: list[ExpectedWorkspace], tmp_path: Path
) -> None:
    interrupt(tmp_path / "1.zip", workspaces, 5)
    assert (tmp_path / "1.zip.parts").exists()

    discard_parts(tmp_path / "1.zip")

    assert [path.name for path in tmp_path.iterdir()] == ["work"]
