"""Copying student files on load: whole, once, and never what lies outside."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import Workspace
from bookbag.imports import copying, loading, tree_walk
from bookbag.imports.errors import CopyError, LoadFaultsError
from bookbag.imports.loading import LoadSummary, apply_load, preview_load
from bookbag.imports.planning import plan_load
from bookbag.imports.sample import write_sample_course
from bookbag.imports.tree_walk import fingerprint_tree
from tests.factories import make_workspace
from tests.factories_files import roster_row, write_roster, write_small_course

pytestmark = pytest.mark.django_db
SECRET = "nobody may read this"  # noqa: S105  # canary of these tests


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write_small_course(tmp_path / "CS101", 2, 1, starts_all=True)


@pytest.fixture
def work(course: Path) -> Path:
    """The folder of student1."""
    return course / "workspaces" / "lab1" / "student1"


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Where copies are kept; made by the first load."""
    return tmp_path / "copies"


def _load(course: Path, copies: Path, workspace: Workspace) -> LoadSummary:
    return apply_load(
        plan_load(course), workspace=workspace, copy=True, workspaces_dir=copies
    )


def _copy_of(username: str) -> Path:
    return Path(Project.objects.get(owner__username=username).files_folder)


def _folders(copies: Path) -> list[str]:
    """The copies there are, as assignment/student/fingerprint."""
    return sorted("/".join(path.parts[-3:-1]) for path in copies.glob("*/*/*/*/*"))


def test_copies_are_whole_with_modes_times_and_links(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    write_sample_course(tmp_path / "sample", students=3)

    summary = _load(tmp_path / "sample", copies, workspace)

    projects = Project.objects.select_related("owner", "assignment")
    assert summary.copied_count == len(projects) == 9
    assert summary.problems == ()
    for project in projects:
        parts = (project.folder_name, project.owner.username)
        source = (tmp_path / "sample" / "workspaces").joinpath(*parts)
        copy = Path(project.files_folder)
        assert copy.is_relative_to(copies / workspace.slug)
        assert fingerprint_tree(copy) == fingerprint_tree(source)
        for path in source.rglob("*"):
            twin = copy / path.relative_to(source)
            assert path.is_symlink() == twin.is_symlink()
            assert path.is_dir() or path.read_bytes() == twin.read_bytes()


def test_the_folder_of_copies_is_private(
    course: Path, copies: Path, workspace: Workspace
) -> None:
    _load(course, copies, workspace)

    folders = [copies, *copies.glob("*"), *copies.glob("*/*"), *copies.glob("*/*/*/*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folders if path.is_dir()}
    assert modes == {0o700}


def test_loading_again_copies_nothing(
    course: Path, copies: Path, workspace: Workspace
) -> None:
    _load(course, copies, workspace)
    before = _copy_of("student1")

    summary = _load(course, copies, workspace)

    assert (summary.copied_count, summary.has_changes) == (0, False)
    assert _copy_of("student1") == before


def test_changed_work_gets_a_new_copy_and_the_old_one_goes(
    course: Path, work: Path, copies: Path, workspace: Workspace
) -> None:
    _load(course, copies, workspace)
    before, other = _copy_of("student1"), _copy_of("student2")
    (work / "main.py").write_text("print('better')\n")

    summary = _load(course, copies, workspace)

    assert summary.copied_count == 1
    assert (_copy_of("student1") / "main.py").read_text() == "print('better')\n"
    assert not before.exists()
    assert _copy_of("student2") == other
    assert _folders(copies) == ["lab1/student1", "lab1/student2"]


def test_links_are_copied_as_links_and_never_followed(
    course: Path, work: Path, copies: Path, workspace: Workspace
) -> None:
    outside = course.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    (work / "file").symlink_to(outside / "secret.txt")
    (work / "folder").symlink_to(outside)
    (work / "dangling").symlink_to("../../nowhere")

    _load(course, copies, workspace)

    copy = _copy_of("student1")
    assert (copy / "folder").readlink() == outside
    assert (copy / "dangling").readlink() == Path("../../nowhere")
    files = [path for path in copy.rglob("*") if not path.is_symlink()]
    assert not any(SECRET in path.read_text() for path in files if path.is_file())


def _link_in_place(victim: Path, outside: Path) -> None:
    victim.symlink_to(outside)


def _move_in_place(victim: Path, outside: Path) -> None:
    outside.rename(victim)


@pytest.mark.parametrize("take_place", [_link_in_place, _move_in_place])
@pytest.mark.parametrize("victim", ["main.py", "sub"])
def test_what_takes_the_place_of_something_is_not_read(
    course: Path,
    work: Path,
    copies: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    victim: str,
    take_place: Callable[[Path, Path], None],
) -> None:
    outside = course.parent / "outside"
    (outside / "sub").mkdir(parents=True)
    for path in (outside / "main.py", outside / "sub" / "deep.txt"):
        path.write_text(SECRET)
    (work / "sub").mkdir()
    open_same = tree_walk._open_same

    def swap_then_open(name: str, parent: int, expected: os.stat_result) -> int:
        if name == victim and not (outside / "moved").exists():
            (work / victim).rename(outside / "moved")
            take_place(work / victim, outside / victim)
        return open_same(name, parent, expected)

    monkeypatch.setattr(tree_walk, "_open_same", swap_then_open)
    with pytest.raises(LoadFaultsError) as caught:
        _load(course, copies, workspace)

    assert caught.value.faults[0].path == str(work)
    assert f"at '{victim}'" in caught.value.faults[0].message
    assert not any(SECRET in p.read_text() for p in copies.rglob("*") if p.is_file())
    assert not Project.objects.exists()


def test_pipes_do_not_block_and_sockets_are_named(
    course: Path,
    work: Path,
    copies: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(work)  # a socket's path has room for 107 bytes
        server.bind("socket")
        summary = _load(course, copies, workspace)

    copy = _copy_of("student1")
    assert summary.problems == (f"{work / 'socket'}: a socket or device, not copied",)
    assert stat.S_ISFIFO((copy / "pipe").lstat().st_mode)
    assert not (copy / "socket").exists()


def test_odd_names_times_and_modes_survive(
    course: Path, work: Path, copies: Path, workspace: Workspace
) -> None:
    odd = work / os.fsdecode(b"\xff\n")
    odd.write_text("odd")
    os.utime(odd, (-86_400, -86_400))
    odd.chmod(0o4751)
    (work / "closed").mkdir(mode=0o500)

    _load(course, copies, workspace)

    copy = _copy_of("student1")
    assert (copy / odd.name).stat().st_mtime == -86_400
    assert stat.S_IMODE((copy / odd.name).stat().st_mode) == 0o751
    assert stat.S_IMODE((copy / "closed").stat().st_mode) == 0o700


def test_a_file_that_cannot_be_read_is_a_fault_and_nothing_is_loaded(
    course: Path,
    work: Path,
    copies: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_same = tree_walk._open_same

    def refuse(name: str, parent: int, expected: os.stat_result) -> int:
        if name == "main.py":
            raise PermissionError(13, "Permission denied", name)
        return open_same(name, parent, expected)

    # Tests may run as root, whom no permission stops.
    monkeypatch.setattr(tree_walk, "_open_same", refuse)
    with pytest.raises(LoadFaultsError) as caught:
        _load(course, copies, workspace)

    assert [str(fault) for fault in caught.value.faults] == [
        f"{work.with_name(name)}: Found something that cannot be copied at 'main.py': "
        "Permission denied"
        for name in ("student1", "student2")
    ]
    assert _folders(copies) == []
    assert not Project.objects.exists()


def test_folders_nested_without_end_are_a_fault(
    course: Path, work: Path, copies: Path, workspace: Workspace
) -> None:
    work.joinpath(*"d" * tree_walk.DEPTH_LIMIT).mkdir(parents=True)

    with pytest.raises(LoadFaultsError) as caught:
        _load(course, copies, workspace)

    assert "Folders are nested deeper than 200" in caught.value.faults[0].message


def test_a_file_that_changes_meanwhile_is_a_fault_and_leaves_nothing(
    course: Path,
    work: Path,
    copies: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy_file = copying._copy_file

    def change_then_copy(entry: tree_walk.TreeEntry, target: Path) -> None:
        (work / "notes.txt").write_text("shorter")
        copy_file(entry, target)

    monkeypatch.setattr(copying, "_copy_file", change_then_copy)
    with pytest.raises(LoadFaultsError) as caught:
        _load(course, copies, workspace)

    assert [str(fault) for fault in caught.value.faults] == [
        f"{work}: Found files that changed while they were copied, expected them at "
        "rest"
    ]
    assert _folders(copies) == []
    assert not list(copies.glob(".staged-*"))


def test_nothing_new_is_kept_when_the_rows_cannot_be_written(
    course: Path,
    work: Path,
    copies: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _load(course, copies, workspace)
    before = _copy_of("student1")
    (work / "main.py").write_text("changed")

    def fail(*_args: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(loading, "sync_course", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        _load(course, copies, workspace)

    assert list(before.parent.iterdir()) == [before]
    assert _copy_of("student1") == before


def test_what_a_killed_load_left_behind_is_removed(
    course: Path, copies: Path, workspace: Workspace
) -> None:
    (copies / ".staged-old" / "0").mkdir(parents=True)

    _load(course, copies, workspace)

    assert not list(copies.glob(".staged-*"))


def test_too_little_room_is_said_before_anything_is_copied(
    course: Path, copies: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "FREE_BYTES_FLOOR", 1 << 60)

    with pytest.raises(CopyError, match=r"Found \d+ bytes of free space, expected"):
        _load(course, copies, workspace)

    assert _folders(copies) == []
    assert not Project.objects.exists()


def test_copying_needs_a_folder_for_copies(course: Path, workspace: Workspace) -> None:
    with pytest.raises(CopyError) as caught:
        apply_load(plan_load(course), workspace=workspace, copy=True)

    assert caught.value.code == "copy_failed"


def test_a_preview_of_copying_writes_no_file(
    course: Path, copies: Path, workspace: Workspace
) -> None:
    preview = preview_load(
        plan_load(course), workspace=workspace, copy=True, workspaces_dir=copies
    )

    assert preview.copied_count == 2
    assert not copies.exists()


def test_courses_whose_names_look_alike_are_kept_apart(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    for name in ("CS 101", "CS-101"):
        course = write_small_course(tmp_path / name, students=1, assignments=1)
        write_roster(course, [roster_row("student1")])
        _load(course, copies, workspace)

    assert len(set(Project.objects.values_list("files_folder"))) == 2
    assert _folders(copies) == ["lab1/student1", "lab1/student1"]
