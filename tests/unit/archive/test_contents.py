"""What lies in an archive, and its names as they were before it was packed."""

import csv
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from bagkit.archive import (
    ContentKind,
    check_archive,
    read_contents,
    unpack_archive,
)
from bagkit.errors import ArchiveFormatError, BagkitError
from tests.hostile_workspace import build_hostile_workspace
from tests.unit.archive.comparing import Facts, describe
from tests.unit.archive.malicious import zipped
from tests.unit.packing.bags import TOP, expect, write

FOLDER = f"{TOP}/data/workspaces/lab1/ada"
NAMES = f"{TOP}/data/names.csv"
HOSTILE_NAMES = (b"bad\xff.txt", b"CON", b"Readme", b"README", b"a\nb", b"c:\\d.")
LINKS = {b"hidden": b".hidden", b"sub/up": b"../=1.txt"}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with names that no other system takes, and folders too deep."""
    root = tmp_path / "work"
    (root / ".hidden" / "empty").mkdir(parents=True)
    (root / "sub").mkdir()
    (root / "=1.txt").write_bytes(b"formula")
    for name in HOSTILE_NAMES:
        (root / os.fsdecode(name)).write_bytes(b"named " + name)
        (root / "sub" / os.fsdecode(name)).mkdir()
    deep = root / ("a" * 100) / ("b" * 100) / ("c" * 100) / ("d" * 100)
    (deep / "nothing").mkdir(parents=True)
    (deep / "file").write_bytes(b"deep")
    for name, target in LINKS.items():
        (root / os.fsdecode(name)).symlink_to(os.fsdecode(target))
    (root / "sub").chmod(0o750)
    os.utime(root / "sub", (1_000_000_000, 1_000_000_000))
    return root


def unpack_all(source: Path, target: Path) -> None:
    contents = read_contents(source)
    roots = {w.folder: str(n) for n, w in enumerate(contents.workspaces)}
    unpack_archive(source, target, place=contents.place(roots))


def test_a_workspace_comes_back_with_the_names_it_had(
    work: Path, tmp_path: Path
) -> None:
    write(tmp_path / "it.zip", expect({"ada": work}))

    unpack_all(tmp_path / "it.zip", tmp_path / "out")

    assert describe(tmp_path / "out" / "0") == describe(work)


def test_what_an_archive_holds_of_a_hostile_workspace_comes_back(
    tmp_path: Path,
) -> None:
    hostile = build_hostile_workspace(tmp_path)
    write(tmp_path / "it.zip", expect({"ada": hostile.root}))

    unpack_all(tmp_path / "it.zip", tmp_path / "out")

    before = describe(hostile.root)
    problems = {os.fsdecode(path): why for path, why in hostile.problems.items()}
    lost = {path for path, why in problems.items() if why != "time-clamped"}
    # Set-user bits are nobody's to hand over, and a mode of 0 is taken for none.
    changed = {*problems, "set-user", "closed", "closed.txt"}
    found = describe(tmp_path / "out" / "0")
    assert set(found) == set(before) - lost
    assert _without(found, changed) == _without(before, changed)


def test_every_row_of_the_names_is_of_something_in_the_archive(
    work: Path, tmp_path: Path
) -> None:
    write(tmp_path / "it.zip", expect({"ada": work}))

    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        inside = {name.rstrip("/") for name in opened.namelist()}
        rows = csv.DictReader(io.StringIO(opened.read(NAMES).decode(), newline=""))
        named = {f"{FOLDER}/{row['archive_path']}" for row in rows}

    assert len(named) > len(HOSTILE_NAMES)
    assert named - inside == set()


def test_a_bag_tells_whose_each_workspace_is(work: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_bytes(b"12345")
    folders = {"ada": work, "CON": tmp_path / "other", "zoe": None}
    write(tmp_path / "it.zip", expect(folders))

    contents = read_contents(tmp_path / "it.zip")

    assert contents.kind is ContentKind.BAG
    found = [(w.username, w.file_count, w.size_bytes) for w in contents.workspaces]
    assert {name for name, *_ in found} == {"ada", "CON"}
    assert ("CON", 1, 5) in found
    assert sorted(contents.documents) == [
        "data/course.json",
        "data/names.csv",
        "receipt.json",
    ]


@pytest.mark.parametrize(
    ("original", "sentence"),
    [
        ("../evil", "an original path that goes up"),
        ("/etc/evil", "an original path that goes up"),
        ("a//b", "an original path that goes up"),
        ("", "an original name that is empty"),
        (r"a\x00b", "an original path that goes up"),
        ("=1.txt", "a second member of that name"),
        ("hidden/file", "a file where there is a folder"),
        ("x" * 256, "a name of 256 bytes, limit is 255"),
    ],
)
def test_names_that_would_lead_elsewhere_are_refused(
    work: Path, tmp_path: Path, original: str, sentence: str
) -> None:
    write(tmp_path / "good.zip", expect({"ada": work}))
    rewrite_names(tmp_path / "good.zip", tmp_path / "it.zip", original)
    contents = read_contents(tmp_path / "it.zip")
    place = contents.place({FOLDER: "0"})

    with pytest.raises(BagkitError, match=sentence):
        check_archive(tmp_path / "it.zip", place=place)
    with pytest.raises(BagkitError, match=sentence):
        unpack_archive(tmp_path / "it.zip", tmp_path / "out", place=place)
    assert not (tmp_path / "out").exists()


def test_a_link_has_to_stay_in_the_workspace_and_not_only_in_the_archive(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        link = zipfile.ZipInfo("top/a/link")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../../x")
    contents = read_contents(tmp_path / "it.zip")

    unpack_archive(tmp_path / "it.zip", tmp_path / "whole")
    with pytest.raises(BagkitError, match="leads out of the archive"):
        unpack_archive(
            tmp_path / "it.zip", tmp_path / "out", place=contents.place({"top": "0"})
        )


@pytest.mark.parametrize(
    ("names", "kind", "folder", "left_out"),
    [
        ((b"p/a", b"p/b/c"), ContentKind.FOLDER, "p", ()),
        ((b"a", b"b/c"), ContentKind.FILES, "", ()),
        ((b"a",), ContentKind.FILES, "", ()),
        ((b"p/q/a",), ContentKind.FOLDER, "p", ()),
        ((b"p/a", b"__MACOSX/p/._a"), ContentKind.FOLDER, "p", ("__MACOSX",)),
        ((b"a", b"__MACOSX/._a"), ContentKind.FILES, "", ("__MACOSX",)),
        ((b"__MACOSX/a",), ContentKind.FOLDER, "__MACOSX", ()),
        ((b"p/receipt.json", b"p/data/names.csv"), ContentKind.FOLDER, "p", ()),
        ((b".git/config", b".gitignore"), ContentKind.FILES, "", ()),
    ],
)
def test_a_single_folder_at_the_top_is_the_workspace(
    tmp_path: Path,
    names: tuple[bytes, ...],
    kind: ContentKind,
    folder: str,
    left_out: tuple[str, ...],
) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(*names))

    contents = read_contents(tmp_path / "it.zip")
    unpack_all(tmp_path / "it.zip", tmp_path / "out")

    assert (contents.kind, contents.left_out) == (kind, left_out)
    assert contents.workspaces[0].folder == folder
    kept = [n for n in names if n.split(b"/")[0].decode() not in left_out]
    below = {n.decode().removeprefix(f"{folder}/") for n in kept}
    found = describe(tmp_path / "out" / "0")
    assert {path for path, facts in found.items() if facts[2]} == below


def test_an_archive_without_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(zipped())

    with pytest.raises(ArchiveFormatError, match="without a file or folder"):
        read_contents(tmp_path / "it.zip")


def rewrite_names(source: Path, target: Path, original: str) -> None:
    """Write an archive again whose list says what CON was called."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == NAMES:
                content = content.replace(
                    b'"CON","_CON"', f'"{original}","_CON"'.encode()
                )
                assert content != old.read(member)
            new.writestr(member, content)


def _without(tree: dict[str, Facts], names: set[str]) -> dict[str, Facts]:
    return {path: facts for path, facts in tree.items() if path not in names}
