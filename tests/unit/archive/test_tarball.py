"""A workspace as a ``.tar.zst``: tar programs and our own reader get back what was."""

import hashlib
import io
import os
import stat
import subprocess
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from bagkit.archive import unpack_archive, write_plain, write_tarball
from bagkit.errors import WorkspaceReadError
from bagkit.packing.member_writer import ChangedWhileReadError
from bagkit.packing.tar_writer import TarMemberWriter
from bagkit.packing.zip_records import MemberHeader
from bagkit.trees.tree import read_from
from tests.hostile_workspace import build_hostile_workspace
from tests.services import require_program
from tests.unit.archive.comparing import describe

LIMIT = 1 << 30
LARGE = os.urandom(3 << 20)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src" / "empty").mkdir(parents=True)
    (root / "src" / "run.sh").write_text("echo hi\n")
    (root / "src" / "run.sh").chmod(0o755)
    (root / ".hidden").write_text("h")
    (root / "large.bin").write_bytes(LARGE)
    (root / "to-run").symlink_to("src/run.sh")
    (root / ("long-name-" * 20)).write_text("beyond the 100 bytes of ustar")
    (root / "Größe 🎒.txt").write_text("ü")
    os.utime(root / ".hidden", (1_000_000_000, 1_000_000_000))
    return root


def open_tar(path: Path) -> tarfile.TarFile:
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        content = stream.read()
    return tarfile.open(fileobj=io.BytesIO(content))


def test_our_own_reader_gives_back_the_same(root: Path, tmp_path: Path) -> None:
    result = write_tarball(root, tmp_path / "it.tar.zst", max_file_bytes=LIMIT)

    unpack_archive(tmp_path / "it.tar.zst", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    written = (tmp_path / "it.tar.zst").read_bytes()
    assert result.sha256 == hashlib.sha256(written).hexdigest()
    assert (result.size_bytes, result.problems) == (len(written), ())


def test_zstd_and_tar_give_back_the_same(root: Path, tmp_path: Path) -> None:
    require_program("zstd")
    write_tarball(root, tmp_path / "it.tar.zst", max_file_bytes=LIMIT)

    (tmp_path / "out").mkdir()
    unpack = ["tar", "--zstd", "-xf", "it.tar.zst", "-C", "out"]
    subprocess.run(unpack, check=True, cwd=tmp_path)  # noqa: S603 - our own file
    assert describe(tmp_path / "out") == describe(root)


def test_files_stand_at_the_top_and_belong_to_nobody(
    root: Path, tmp_path: Path
) -> None:
    write_tarball(root, tmp_path / "it.tar.zst", max_file_bytes=LIMIT)

    members = open_tar(tmp_path / "it.tar.zst").getmembers()
    assert [m.name for m in members[:3]] == [".", ".hidden", "Größe 🎒.txt"]
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, "", "")}
    assert {m.type for m in members} == {
        tarfile.REGTYPE,
        tarfile.DIRTYPE,
        tarfile.SYMTYPE,
    }


def test_the_same_files_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    first = write_tarball(root, tmp_path / "1.tar.zst", max_file_bytes=LIMIT)
    again = write_tarball(root, tmp_path / "2.tar.zst", max_file_bytes=LIMIT)

    assert first == again
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "1.tar.zst",
        "2.tar.zst",
        "work",
    ]


def test_a_hostile_workspace_leaves_out_what_a_zip_leaves_out(tmp_path: Path) -> None:
    work = build_hostile_workspace(tmp_path)

    told = write_tarball(work.root, tmp_path / "it.tar.zst", max_file_bytes=LIMIT)

    as_zip = write_plain(
        work.root, (), tmp_path / "it.zip", top="work", max_file_bytes=LIMIT
    )
    assert (told.problems, told.renamed) == (as_zip.problems, as_zip.renamed)
    assert told.problems
    links = [m for m in open_tar(tmp_path / "it.tar.zst") if m.issym()]
    assert all(not m.linkname.startswith("/") for m in links)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceReadError):
        write_tarball(tmp_path / "no", tmp_path / "it.tar.zst", max_file_bytes=LIMIT)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [1, len(LARGE) - 1, len(LARGE) + 1])
def test_a_file_that_changes_is_cut_off_again(
    root: Path, tmp_path: Path, said: int
) -> None:
    header = MemberHeader(name=b"large.bin", mode=stat.S_IFREG | 0o644,
                          modified_seconds=0, size_bytes=said)  # fmt: skip
    with (tmp_path / "it.tar").open("w+b") as file, (root / "large.bin").open() as big:
        writer = TarMemberWriter(file.fileno())

        with pytest.raises(ChangedWhileReadError):
            writer.add_stream(header, read_from(big))

        assert writer.position == os.fstat(file.fileno()).st_size == 0
