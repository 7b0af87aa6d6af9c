"""Other people's readers agree on every name, size, mode and digest."""

import hashlib
import os
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from tests import services
from tests.hostile_workspace import build_hostile_workspace
from tests.unit.packing.bags import TOP, expect, write

READERS = Path(__file__).parent / "readers"
NODE_MODULES = Path(__file__).parents[2] / ".venv" / "node"
Seen = dict[str, tuple[int, str]]
"""Size and SHA-256 by name, of every file that is no link."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    work = build_hostile_workspace(home)
    (home / "nobody").mkdir()
    target = home / "it.zip"
    write(target, expect({"ada": work.root, "ben": home / "nobody", "cyd": None}))
    return target


def seen_by_python(archive: Path) -> Seen:
    with zipfile.ZipFile(archive) as opened:
        return {
            info.filename: (
                info.file_size,
                hashlib.sha256(opened.read(info)).hexdigest(),
            )
            for info in opened.infolist()
            if not info.is_dir() and info.external_attr >> 28 != 0o12
        }


def seen_on_disk(folder: Path) -> Seen:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def run(*command: str | Path, folder: Path | None = None) -> bytes:
    services.require_program(str(command[0]))
    return subprocess.run(  # noqa: S603 - programs of the system
        command, cwd=folder, check=True, capture_output=True
    ).stdout


def parse(printed: bytes, archive: Path) -> Seen:
    """Read what the readers of ``readers/`` print, without folders and links."""
    expected = seen_by_python(archive)
    with zipfile.ZipFile(archive) as opened:
        everything = set(opened.namelist())
    seen = {}
    for line in printed.decode().split("\0")[:-1]:
        size, digest, name = line.split(" ", 2)
        seen[name] = (int(size), digest)
    assert set(seen) == everything
    return {name: seen[name] for name in expected}


def extract_by_unzip(archive: Path, folder: Path) -> None:
    run("unzip", "-q", archive, "-d", folder)


def extract_by_7z(archive: Path, folder: Path) -> None:
    services.require_program("7z")
    done = subprocess.run(  # noqa: S603 - a program of the system
        ["7z", "x", "-bd", "-y", f"-o{folder}", archive],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
    )
    # It makes no link that goes up, wherever to; nothing else may be wrong.
    errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    assert [e for e in errors if "Dangerous link path" not in e or "../" not in e] == []


def extract_by_bsdtar(archive: Path, folder: Path) -> None:
    folder.mkdir()
    run("bsdtar", "-xpf", archive, folder=folder)


EXTRACTORS = {
    "unzip": extract_by_unzip,
    "7z": extract_by_7z,
    "bsdtar": extract_by_bsdtar,
}


@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_is_unpacked_is_what_was_packed(
    archive: Path, tmp_path: Path, name: str
) -> None:
    EXTRACTORS[name](archive, tmp_path / "out")

    found = seen_on_disk(tmp_path / "out")
    if name == "7z":  # it leaves an empty file in place of such a link
        found.pop(f"{TOP}/data/workspaces/lab1/ada/sub/up", None)
    assert found == seen_by_python(archive)
    assert_modes_times_and_links(archive, tmp_path / "out", has_folders=name != "7z")


def assert_modes_times_and_links(
    archive: Path, folder: Path, *, has_folders: bool
) -> None:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16
            if not has_folders and b"../" in opened.read(info) and stat.S_ISLNK(mode):
                continue
            status = (folder / info.filename).lstat()
            if stat.S_ISLNK(mode):
                target = os.readlink(folder / info.filename)  # noqa: PTH115 - as it is
                assert target.encode() == opened.read(info)
            elif stat.S_ISREG(mode) or has_folders:
                assert (status.st_mode, info.filename) == (mode, info.filename)


@pytest.mark.parametrize("command", [("unzip", "-tqq"), ("7z", "t"), ("bsdtar", "-tf")])
def test_it_passes_their_own_check(archive: Path, command: tuple[str, ...]) -> None:
    run(*command, archive)


@pytest.mark.parametrize("way", ["file", "stream"])
def test_java_sees_the_same(archive: Path, way: str) -> None:
    services.require_program("javac")
    printed = run(
        "java", "-Dfile.encoding=UTF-8", READERS / "ListZip.java", way, archive
    )

    assert parse(printed, archive) == seen_by_python(archive)


def test_node_sees_the_same(archive: Path) -> None:
    if not (NODE_MODULES / "node_modules" / "yauzl").exists():
        services.skip_or_fail("yauzl is not installed for Node; .ci/prepare does it")
    printed = run("node", READERS / "list_zip.js", NODE_MODULES, archive)

    assert parse(printed, archive) == seen_by_python(archive)


Check = Callable[[Path], None]


def test_bagit_says_that_the_bag_is_valid(archive: Path, tmp_path: Path) -> None:
    extract_by_unzip(archive, tmp_path / "out")

    bagit.Bag(str(tmp_path / "out" / TOP)).validate()


def test_frictionless_says_that_the_tables_are_valid(
    archive: Path, tmp_path: Path
) -> None:
    extract_by_unzip(archive, tmp_path / "out")
    descriptor = tmp_path / "out" / TOP / "data" / "tables" / "datapackage.json"

    printed = run(
        Path(".venv/bin/frictionless").absolute(), "validate", descriptor
    ).decode()

    assert "INVALID" not in printed
