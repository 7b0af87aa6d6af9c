"""Unpacking gives back what was packed, and refuses the rest before writing a byte."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from bagkit.archive import UnpackLimits, unpack_archive
from bagkit.errors import (
    ArchiveFormatError,
    BagkitError,
    TargetExistsError,
    UnpackLimitError,
)
from tests.factories_files import write_work
from tests.unit.archive.comparing import describe
from tests.unit.archive.malicious import LINK, REFUSED, ZipForge, zipped
from tests.unit.packing.bags import TOP, expect, write


@pytest.fixture
def work(tmp_path: Path) -> Path:
    root = write_work(tmp_path / "work")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "sub" / "nothing here").mkdir(parents=True)
    (root / "sub" / "up").symlink_to("../main.py")
    (root / "folder link").symlink_to("sub")
    (root / "Größe 🎒.txt").write_text("ü")
    os.utime(root / "notes.txt", (1_000_000_000, 1_000_000_000))
    os.utime(root / "sub", (1_100_000_000, 1_100_000_000))
    return root


def test_our_own_archive_comes_back_exactly(work: Path, tmp_path: Path) -> None:
    write(tmp_path / "it.zip", expect({"ada": work}))

    summary = unpack_archive(tmp_path / "it.zip", tmp_path / "out")

    found = tmp_path / "out" / TOP / "data" / "workspaces" / "lab1" / "ada"
    assert describe(found) == describe(work)
    assert summary.link_count == 2


@pytest.mark.parametrize("suffix", ["", "gz", "zst"])
def test_a_tar_comes_back_exactly(work: Path, tmp_path: Path, suffix: str) -> None:
    archive = tmp_path / "it.tar"
    with tarfile.open(archive, "w:gz" if suffix == "gz" else "w") as packed:
        packed.add(work, ".")
    if suffix == "zst":
        subprocess.run(["zstd", "-q", "--rm", archive], check=True)  # noqa: S603, S607
        archive = tmp_path / "it.tar.zst"

    unpack_archive(archive, tmp_path / "out")

    assert describe(tmp_path / "out") == describe(work)


@pytest.mark.parametrize("name", REFUSED)
def test_a_malicious_archive_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str
) -> None:
    build, sentence = REFUSED[name]
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    (tmp_path / "it").write_bytes(build())

    with pytest.raises((ArchiveFormatError, UnpackLimitError)) as caught:
        unpack_archive(
            tmp_path / "it", place / "out", limits=UnpackLimits(max_ratio=100)
        )

    assert sentence in str(caught.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "it"]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (UnpackLimits(max_members=1), "Found 2 members, limit is 1"),
        (UnpackLimits(max_bytes=13), "Found 14 bytes in all, limit is 13: 'b/c'"),
        (UnpackLimits(max_file_bytes=6), "Found a file of 7 bytes, limit is 6: 'a'"),
        (UnpackLimits(max_depth=1), "Found 2 names in a path, limit is 1: 'b/c'"),
    ],
)
def test_what_is_over_a_limit_is_refused_with_the_numbers(
    tmp_path: Path, limits: UnpackLimits, sentence: str
) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(b"a", b"b/c"))

    with pytest.raises(UnpackLimitError, match=sentence):
        unpack_archive(tmp_path / "it.zip", tmp_path / "out", limits=limits)


def test_what_is_exactly_at_the_limits_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(b"a", b"b/c"))
    limits = UnpackLimits(max_members=2, max_bytes=14, max_file_bytes=7, max_depth=2)

    summary = unpack_archive(tmp_path / "it.zip", tmp_path / "out", limits=limits)

    assert (summary.file_count, summary.size_bytes) == (2, 14)


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_ever_overwritten(tmp_path: Path, kind: str) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(b"a"))
    target = tmp_path / "out"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to("elsewhere")

    with pytest.raises(TargetExistsError, match="Found something there already"):
        unpack_archive(tmp_path / "it.zip", target)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.zip", "out"]


def test_a_link_of_an_archive_that_failed_is_not_there_for_the_next(
    tmp_path: Path,
) -> None:
    first = ZipForge().add(b"x", b"y", mode=LINK).add(b"z", crc32=1).build()
    (tmp_path / "first.zip").write_bytes(first)
    (tmp_path / "second.zip").write_bytes(zipped(b"x/file"))

    with pytest.raises(BagkitError):
        unpack_archive(tmp_path / "first.zip", tmp_path / "out")
    unpack_archive(tmp_path / "second.zip", tmp_path / "out")

    assert (tmp_path / "out" / "x" / "file").read_bytes() == b"content"


def test_set_user_bits_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(b"a", mode=0o104755))

    unpack_archive(tmp_path / "it.zip", tmp_path / "out")

    assert (tmp_path / "out" / "a").stat().st_mode == 0o100755


def test_the_archive_may_be_called_whatever(tmp_path: Path) -> None:
    archive = tmp_path / "$(touch hacked).zip"
    archive.write_bytes(zipped(b"a"))

    unpack_archive(archive, tmp_path / "out")

    assert not (tmp_path / "hacked").exists()
