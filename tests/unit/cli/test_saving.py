"""Saving a file: whole, checked, under its own name, and nowhere else."""

import hashlib
import stat
from pathlib import Path

import pytest

from bookbag.cli.errors import NotWholeError, UsageError
from bookbag.cli.exporting.saving import (
    Place,
    SavedFile,
    choose_path,
    find_broken,
    save_file,
)
from bookbag.exports.errors import UnpackRefusedError
from bookbag.exports.verification import verify_file
from tests.fakes.exports import CONTENT, FakeSource, make_receipt, make_seen
from tests.unit.archive.malicious import LINK, ZipForge

ASKED: dict[str, object] = {"identifier": "users", "options": {"dialect": "csv"}}


def save(source: FakeSource, place: Place) -> SavedFile:
    return save_file(source, make_seen(), place, ASKED, shows=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_table_is_saved_with_its_receipt_beside_it(folder: Path) -> None:
    saved = save(FakeSource("ready"), Place(output=folder))

    assert saved.path.read_bytes() == CONTENT
    assert names(folder) == ["users.csv", "users.csv.receipt.json"]
    assert verify_file(folder / "users.csv").is_ok
    assert stat.S_IMODE(saved.path.stat().st_mode) & 0o077 in (0, 0o044)


def test_a_broken_download_is_gone_on_with(folder: Path) -> None:
    source = FakeSource("ready")
    source.breaks_after = len(CONTENT) // 3 + 1
    place = Place(output=folder)

    for _part in range(2):
        with pytest.raises(ConnectionResetError):
            save(source, place)
        assert "users.csv" not in names(folder)
        assert find_broken(place, ASKED) == make_seen().id
    save(source, place)

    assert names(folder) == ["users.csv", "users.csv.receipt.json"]
    assert find_broken(place, ASKED) is None


def test_another_request_does_not_go_on_with_it(folder: Path) -> None:
    source = FakeSource("ready")
    source.breaks_after = 1
    with pytest.raises(ConnectionResetError):
        save(source, Place(output=folder))

    assert find_broken(Place(output=folder), ASKED | {"options": {}}) is None
    assert find_broken(Place(output=folder / "other.csv"), ASKED) is None


def test_notes_of_others_are_left_alone(folder: Path) -> None:
    for number, content in enumerate((b"", b"[]", b"{}", b"\xff", b'{"asked": 1}')):
        (folder / f"{number}.part.json").write_bytes(content)

    assert find_broken(Place(output=folder), ASKED) is None
    assert len(names(folder)) == 5


def test_a_part_that_became_something_else_is_begun_again(folder: Path) -> None:
    source = FakeSource("ready")
    part = folder / f"users.csv.{make_seen().sha256[:16]}.part"
    part.write_bytes(b"x" * 100)

    with pytest.raises(NotWholeError, match=r"Found SHA-256 .*, expected "):
        save(source, Place(output=folder))
    left = names(folder)
    save(source, Place(output=folder))

    assert left == []
    assert (folder / "users.csv").read_bytes() == CONTENT


def test_what_is_there_already_is_only_checked(folder: Path) -> None:
    (folder / "users.csv").write_bytes(CONTENT)
    source = FakeSource("ready")
    source.breaks_after = 0

    saved = save(source, Place(output=folder))

    assert saved.report.is_ok
    assert names(folder) == ["users.csv", "users.csv.receipt.json"]


def test_nothing_is_overwritten_unasked(folder: Path) -> None:
    (folder / "users.csv").write_bytes(b"of yesterday")
    source = FakeSource("ready")

    with pytest.raises(UsageError, match="expected nothing or --overwrite"):
        save(source, Place(output=folder))
    kept = (folder / "users.csv").read_bytes()
    save(source, Place(output=folder, overwrites=True))

    assert (kept, source.opened) == (b"of yesterday", 1)
    assert (folder / "users.csv").read_bytes() == CONTENT


def test_a_receipt_of_something_else_is_not_believed(folder: Path) -> None:
    source = FakeSource("ready")
    source.receipt = make_receipt(b"other content")

    with pytest.raises(NotWholeError, match="is not the file that the receipt is of"):
        save(source, Place(output=folder))

    assert "users.csv" not in names(folder)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.csv",
        "/etc/evil.csv",
        "..\\..\\evil.csv",
        "..",
        "",
        ".",
        "C:evil",
        "\x1b[2Jevil",
        ".bashrc",
    ],
)
def test_a_name_from_elsewhere_never_leads_out_of_the_folder(
    folder: Path, name: str
) -> None:
    path = choose_path(folder, make_seen(file_name=name))

    assert path.parent == folder
    assert path.resolve().parent == folder.resolve()
    assert not path.name.startswith(".")
    assert path.name.isprintable()


def test_what_a_student_packed_cannot_write_at_the_teachers(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    archive = ZipForge().add(b"student-A/x", bytes(home), mode=LINK)
    archive.add(b"student-A/x/authorized_keys", b"the student's")
    source = FakeSource("ready")
    source.content = archive.build()
    source.receipt = make_receipt(source.content)
    seen = make_seen(
        file_name="project.zip", sha256=hashlib.sha256(source.content).hexdigest()
    )
    place = Place(output=folder, unpack_to=folder / "unpacked")

    with pytest.raises(UnpackRefusedError, match="student-A/x"):
        save_file(source, seen, place, ASKED, shows=False)

    assert names(folder) == ["home", "project.zip", "project.zip.receipt.json"]
    assert names(home) == []


def test_a_broken_archive_is_told_what_is_wrong_with_it(folder: Path) -> None:
    content = ZipForge().add(b"CS101/main.py", b"1").build()
    source = FakeSource("ready")
    source.content, source.receipt = content, b"{}"
    seen = make_seen(
        file_name="CS101.zip",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )

    with pytest.raises(NotWholeError, match="Found no receipt: ") as raised:
        save_file(source, seen, Place(output=folder / "it"), ASKED, shows=False)

    assert "receipt.json beside" not in str(raised.value)
    assert len(list(folder.glob("it.*.part"))) == 1
