"""Reading what a bag says of itself, once it is known to be harmless."""

from pathlib import Path

import pytest

from bagkit.archive import open_bag
from bagkit.errors import ArchiveFormatError, UnpackLimitError
from tests.unit.archive.malicious import REFUSED, zipped
from tests.unit.packing.bags import TOP, expect, write


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    (work / "a:b").write_text("x" * 300_000)
    write(tmp_path / "it.zip", expect({"ada": work, "ben": None}))
    return tmp_path / "it.zip"


def test_receipt_lists_and_documents_are_read(bag: Path) -> None:
    with open_bag(bag) as opened:
        assert opened.top == TOP
        assert opened.read_receipt().expected == 2
        assert [row.cells for row in opened.iter_names()] == [
            ("lab1", "ada", "a:b", "a_b")
        ]
        assert b"CS101" in opened.read_file("data/course.json")
        assert "data/workspaces/lab1/ada/a_b" not in opened


def test_what_is_not_there_is_named(bag: Path) -> None:
    with open_bag(bag) as opened, pytest.raises(ArchiveFormatError) as caught:
        opened.read_file("data/nothing")

    assert str(caught.value) == "Found no 'data/nothing' in the archive, expected it"


@pytest.mark.parametrize(
    "names", [(b"bagit.txt",), (b"a/bagit.txt", b"b/c"), (b"a/b",)]
)
def test_what_is_no_bag_is_refused(tmp_path: Path, names: tuple[bytes, ...]) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(*names))

    with (
        pytest.raises(ArchiveFormatError, match="Found no bag in one top folder"),
        open_bag(tmp_path / "it.zip"),
    ):
        pass


@pytest.mark.parametrize("name", REFUSED)
def test_a_malicious_archive_is_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "it.zip").write_bytes(REFUSED[name][0]())

    with (
        pytest.raises((ArchiveFormatError, UnpackLimitError)),
        open_bag(tmp_path / "it.zip"),
    ):
        pass
