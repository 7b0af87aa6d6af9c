"""A workspace as a plain ZIP: what other programs unpack is what was there."""

import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from bagkit.archive import write_plain
from bagkit.errors import WorkspaceReadError
from tests.hostile_workspace import build_hostile_workspace

LIMIT = 1 << 30


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src" / "empty").mkdir(parents=True)
    (root / "src" / "run.sh").write_text("echo hi\n")
    (root / "src" / "run.sh").chmod(0o755)
    (root / ".hidden").write_text("h")
    (root / "to-run").symlink_to("src/run.sh")
    return root


def test_unzip_gives_back_the_same(root: Path, tmp_path: Path) -> None:
    result = write_plain(
        root, (), tmp_path / "it.zip", top="lab-one", max_file_bytes=LIMIT
    )

    out = tmp_path / "out"
    subprocess.run(["unzip", "-q", tmp_path / "it.zip", "-d", out], check=True)  # noqa: S603, S607
    found = {str(p.relative_to(out / "lab-one")) for p in out.rglob("*")}
    assert found == {".", "src", "src/empty", "src/run.sh", ".hidden", "to-run"}
    assert stat.S_IMODE((out / "lab-one/src/run.sh").stat().st_mode) == 0o755
    assert (out / "lab-one/to-run").readlink() == Path("src/run.sh")
    assert result.problems == ()
    assert result.file_count == 3


def test_a_folder_alone_holds_nothing_else(root: Path, tmp_path: Path) -> None:
    write_plain(root, (b"src",), tmp_path / "it.zip", top="src", max_file_bytes=LIMIT)

    with zipfile.ZipFile(tmp_path / "it.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["src/", "src/run.sh", "src/empty/"]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    work = build_hostile_workspace(tmp_path)

    result = write_plain(
        work.root, (), tmp_path / "it.zip", top="work", max_file_bytes=LIMIT
    )

    assert result.problems
    with zipfile.ZipFile(tmp_path / "it.zip") as archive:
        assert archive.testzip() is None


def test_a_folder_that_is_not_there_is_refused(root: Path, tmp_path: Path) -> None:
    for folder in ((b"nothing",), (b"to-run",)):
        with pytest.raises(WorkspaceReadError):
            write_plain(root, folder, tmp_path / "z", top="x", max_file_bytes=LIMIT)
