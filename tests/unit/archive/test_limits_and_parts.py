"""Too much is refused before it is begun; parts are bags of their own."""

import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest

from bagkit.archive import (
    ExpectedWorkspace,
    Limits,
    split_plan,
    unpack_archive,
    verify_archive,
    write_bag,
)
from bagkit.errors import LimitExceededError, PlanError
from tests.factories_files import write_work
from tests.unit.packing.bags import expect, make_plan, write

STUDENTS = 6


@pytest.fixture
def workspaces(tmp_path: Path) -> list[ExpectedWorkspace]:
    folders = {}
    for number in range(STUDENTS):
        folders[f"s{number}"] = write_work(tmp_path / "work" / f"s{number}")
        (folders[f"s{number}"] / "data").write_bytes(bytes(1000))
    return expect(folders)


def size_of(workspace: ExpectedWorkspace) -> int:
    assert isinstance(workspace.root, Path)
    return sum(path.stat().st_size for path in workspace.root.iterdir())


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("limit", ["max_files", "max_bytes"])
def test_an_archive_over_a_limit_is_refused_with_the_numbers(
    workspaces: list[ExpectedWorkspace], tmp_path: Path, limit: str, more: int
) -> None:
    found = 4 * STUDENTS if limit == "max_files" else sum(map(size_of, workspaces))
    limits = Limits(**{limit: found + more})
    target = tmp_path / "it.zip"

    if more >= 0:
        assert write(target, workspaces, limits=limits).file_count == 4 * STUDENTS
        return
    what = limit.removeprefix("max_")
    sentence = f"Found {found:,} {what} to export, limit is {found - 1:,}"
    with pytest.raises(LimitExceededError, match=sentence):
        write(target, workspaces, limits=limits)
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_each_part_is_a_valid_bag_and_together_they_are_everything(
    workspaces: list[ExpectedWorkspace], tmp_path: Path
) -> None:
    plan = make_plan(workspaces)
    parts = split_plan(plan, 2 * size_of(workspaces[0]) + 10)
    seen = []
    for number, part in enumerate(parts, 1):
        target = tmp_path / f"{number}.zip"
        result = write_bag(part, target)
        seen += [cell.username for cell in result.receipt.cells]
        assert verify_archive(target).is_ok
        unpack_archive(target, tmp_path / f"out{number}")
        bag = bagit.Bag(str(tmp_path / f"out{number}" / part.name))
        bag.validate()
        assert bag.info["Bag-Group-Identifier"] == "e1"
        assert bag.info["Bag-Count"] == f"{number} of 3"

    assert seen == [workspace.username for workspace in workspaces]


def test_what_fits_into_one_part_is_not_split(
    workspaces: list[ExpectedWorkspace],
) -> None:
    plan = make_plan(workspaces)

    assert split_plan(plan, 1 << 30) == [plan]


def test_a_workspace_larger_than_a_part_is_a_part_of_its_own(
    workspaces: list[ExpectedWorkspace],
) -> None:
    assert len(split_plan(make_plan(workspaces), 1)) == STUDENTS


def test_a_part_size_of_nothing_is_refused(
    workspaces: list[ExpectedWorkspace],
) -> None:
    with pytest.raises(PlanError, match="Found a part size of 0 bytes"):
        split_plan(make_plan(workspaces), 0)


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bagkit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_packs_verifies_lists_and_unpacks(tmp_path: Path) -> None:
    for name in ("ada", "ben"):
        write_work(tmp_path / "CS101" / "lab1" / name)
    archive = tmp_path / "it.zip"

    assert run("pack", tmp_path / "CS101", archive).returncode == 0
    assert "WHOLE" in run("verify", archive).stdout
    assert "data/workspaces/lab1/ada/main.py" in run("list", archive).stdout
    assert run("unpack", archive, tmp_path / "out").returncode == 0
    found = tmp_path / "out" / "CS101" / "data" / "workspaces" / "lab1"
    assert sorted(path.name for path in found.iterdir()) == ["ada", "ben"]


def test_the_command_splits(tmp_path: Path) -> None:
    for name in ("ada", "ben"):
        write_work(tmp_path / "CS101" / "lab1" / name)

    done = run("pack", tmp_path / "CS101", tmp_path / "it.zip", "--part-size=10")

    assert done.returncode == 0, done.stderr
    for number in (1, 2):
        with zipfile.ZipFile(tmp_path / f"it-{number}.zip") as part:
            assert part.testzip() is None


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("verify", "missing.zip"), 2),
        (("unpack", "README.md", "out"), 2),
        (("verify", "README.md"), 1),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: tuple[str, ...], status: int
) -> None:
    done = run(*arguments)

    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert done.stderr or done.stdout
