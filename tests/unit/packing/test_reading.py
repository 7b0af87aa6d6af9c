"""Looking into a hostile workspace: nothing outside of it can be reached."""

import os
from pathlib import Path

import pytest

from bagkit.errors import WorkspaceReadError
from bagkit.trees.reading import list_folder, open_file, split_path
from bagkit.trees.walk import EntryKind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "main.py").write_text("print(1)\n")
    (root / "a.txt").write_text("a")
    (tmp_path / "secret").write_text("canary")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("canary")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "src" / "out").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "pipe")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff odd")).write_text("odd")
    return root


def test_folders_come_first_and_everything_is_named(root: Path) -> None:
    page = list_folder(root, (), limit=100)

    assert [(entry.name, entry.kind) for entry in page.entries] == [
        (b"src", EntryKind.FOLDER),
        (b"a.txt", EntryKind.FILE),
        (b"link", EntryKind.LINK),
        (b"pipe", EntryKind.OTHER),
        (b"\xff odd", EntryKind.FILE),
    ]
    assert page.entry_count == 5
    assert page.entries[1].size_bytes == 1


def test_a_page_is_part_of_a_folder(root: Path) -> None:
    page = list_folder(root, (), offset=1, limit=2)

    assert [entry.name for entry in page.entries] == [b"a.txt", b"link"]
    assert page.entry_count == 5


def test_a_hundred_thousand_entries_are_a_page(tmp_path: Path) -> None:
    for number in range(100_000):
        os.close(os.open(tmp_path / f"{number:06}", os.O_CREAT))

    page = list_folder(tmp_path, (), offset=99_990, limit=200)

    assert page.entry_count == 100_000
    assert [entry.name for entry in page.entries][-1] == b"099999"


@pytest.mark.parametrize(
    "path",
    [b"link", b"src/out/secret", b"pipe", b"src", b"nothing", b"", b"a.txt/x"],
)
def test_what_is_no_file_of_the_workspace_is_refused(root: Path, path: bytes) -> None:
    with pytest.raises(WorkspaceReadError), open_file(root, split_path(path)):
        pass


@pytest.mark.parametrize("path", [(b"..",), (b"src", b"..", b"a"), (b"a/b",), (b"",)])
def test_a_name_that_is_none_is_refused(root: Path, path: tuple[bytes, ...]) -> None:
    with pytest.raises(WorkspaceReadError, match="vanished"), open_file(root, path):
        pass
    with pytest.raises(WorkspaceReadError):
        list_folder(root, path, limit=1)


def test_a_link_in_the_place_of_a_folder_is_refused(root: Path) -> None:
    with pytest.raises(WorkspaceReadError, match="changed-while-read"):
        list_folder(root, (b"src", b"out"), limit=1)


def test_a_file_is_read(root: Path) -> None:
    with open_file(root, (b"src", b"main.py")) as file:
        assert file.read() == b"print(1)\n"
