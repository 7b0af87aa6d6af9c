"""ZIP64 appears exactly when a value needs it: one below each limit, at it, above."""

import os
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from bagkit.archive.reader import open_zip
from bagkit.packing import zip_records
from bagkit.packing.zip_records import (
    MARK_16,
    MARK_32,
    MemberHeader,
    central_header,
    end_of_central_directory,
    local_file_header,
    with_offset,
)
from tests import services
from tests.unit.packing.bags import expect, write

GIB_4 = 1 << 32
ZIP64 = struct.pack("<H", 0x0001)


def header(size_bytes: int) -> MemberHeader:
    return MemberHeader(
        name=b"a",
        mode=0o100644,
        modified_seconds=1_700_000_000,
        size_bytes=size_bytes,
        compressed_bytes=size_bytes,
    )


@pytest.mark.parametrize(
    ("size_bytes", "is_wide"),
    [(MARK_32 - 1, False), (MARK_32, True), (GIB_4, True), (GIB_4 + 1, True)],
)
def test_a_size_needs_it_from_4_gib_on_in_both_headers(
    size_bytes: int, is_wide: bool
) -> None:
    local, central = (
        local_file_header(header(size_bytes)),
        central_header(header(size_bytes)),
    )

    for record, size_at, extra_at in ((local, 18, 31), (central, 20, 47)):
        assert (record[extra_at : extra_at + 2] == ZIP64) is is_wide
        narrow = struct.unpack_from("<2L", record, size_at)
        assert narrow == ((MARK_32,) * 2 if is_wide else (size_bytes,) * 2)
        if is_wide:
            wide = struct.unpack_from("<2Q", record, extra_at + 4)
            assert wide == (size_bytes, size_bytes)


@pytest.mark.parametrize(
    ("offset", "is_wide"),
    [(MARK_32 - 1, False), (MARK_32, True), (GIB_4, True)],
)
def test_an_offset_needs_it_from_4_gib_on(offset: int, is_wide: bool) -> None:
    record = with_offset(central_header(header(5)), offset)

    (narrow,) = struct.unpack_from("<L", record, 42)
    assert narrow == (MARK_32 if is_wide else offset)
    assert (record[47:49] == ZIP64) is is_wide
    if is_wide:
        assert struct.unpack_from("<HQ", record, 49) == (8, offset)


@pytest.mark.parametrize(
    ("member_count", "is_wide"), [(65_534, False), (65_535, True), (65_536, True)]
)
def test_a_count_needs_it_from_65_535_on(member_count: int, is_wide: bool) -> None:
    record = end_of_central_directory(
        member_count=member_count, directory_bytes=100, directory_offset=200
    )

    assert len(record) == (98 if is_wide else 22)
    narrow = struct.unpack_from("<H", record, len(record) - 12)[0]
    assert narrow == (MARK_16 if is_wide else member_count)
    if is_wide:
        assert struct.unpack_from("<Q", record, 32)[0] == member_count


@pytest.mark.parametrize("place", ["directory_bytes", "directory_offset"])
def test_a_directory_needs_it_from_4_gib_on(place: str) -> None:
    sizes = {"directory_bytes": 100, "directory_offset": 100}

    lengths = [
        len(end_of_central_directory(member_count=1, **(sizes | {place: value})))
        for value in (MARK_32 - 1, MARK_32, GIB_4)
    ]

    assert lengths == [22, 98, 98]


@pytest.mark.parametrize("limit", ["LIMIT_16", "LIMIT_32"])
def test_readers_understand_the_wide_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    root = tmp_path / "work"
    root.mkdir()
    for number in range(20):
        (root / f"f{number}").write_bytes(os.urandom(number * 100))
    # Small limits here and in no packing process: headers stay narrow, the offsets
    # and the end are wide.
    monkeypatch.setattr(zip_records, limit, 7)

    write(tmp_path / "it.zip", expect({"ada": root}))

    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        assert opened.testzip() is None
    with open_zip(tmp_path / "it.zip") as reader:
        assert len(list(reader.iter_members())) == len(opened.namelist())
    for command in (["unzip", "-tqq"], ["7z", "t"], ["bsdtar", "-tf"]):
        services.require_program(command[0])
        path = str(tmp_path / "it.zip")
        subprocess.run([*command, path], check=True, capture_output=True)  # noqa: S603


@pytest.mark.slow
def test_a_file_over_4_gib_and_70_000_members_are_real(tmp_path: Path) -> None:
    root = tmp_path / "work"
    (root / "many").mkdir(parents=True)
    for number in range(70_000):
        (root / "many" / f"f{number}").touch()
    with (root / "large").open("wb") as file:
        file.truncate(GIB_4 + 5)  # zeros, which shrink to a few MiB
    with (root / "noise").open("wb") as file:
        for _piece in range(70):
            file.write(os.urandom(1 << 20))

    result = write(tmp_path / "it.zip", expect({"ada": root}))

    assert result.problem_count == 0
    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        sizes = {info.filename: info.file_size for info in opened.infolist()}
    assert sizes["CS101/data/workspaces/lab1/ada/large"] == GIB_4 + 5
    assert len(sizes) > 70_000
    path = str(tmp_path / "it.zip")
    services.require_program("unzip")
    subprocess.run(["unzip", "-tqq", path], check=True, capture_output=True)  # noqa: S603, S607
