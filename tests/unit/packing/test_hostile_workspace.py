"""A hostile workspace: all of it is in the archive, or a problem; nothing else is."""

import hashlib
import os
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bagkit.archive import BagResult, Limits
from bagkit.trees.names import escape_path, unescape_path
from tests.hostile_workspace import CANARY, HostileWorkspace, build_hostile_workspace
from tests.unit.packing.bags import TOP, expect, rows_of, write
from tests.unit.packing.inline import InlinePool

FOLDER = f"{TOP}/data/workspaces/lab1/ada/"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> HostileWorkspace:
    return build_hostile_workspace(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def archive(
    hostile: HostileWorkspace, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    target = tmp_path_factory.mktemp("archive") / "it.zip"
    write(target, expect({"ada": hostile.root}))
    return target


def original_names(archive: Path) -> dict[str, bytes]:
    """Return the original path of each path in the archive, as names.csv tells."""
    renamed = {
        row["archive_path"]: unescape_path(row["original_path"])
        for row in rows_of(archive, "names")
    }
    with zipfile.ZipFile(archive) as opened:
        names = [n[len(FOLDER) :] for n in opened.namelist() if n.startswith(FOLDER)]
    return {name: _original(name, renamed) for name in names}


def _original(name: str, renamed: dict[str, bytes]) -> bytes:
    folder = name.rstrip("/")
    if folder in renamed:
        return renamed[folder] + b"/" * name.endswith("/")
    head, slash, tail = folder.rpartition("/")
    return (_original(head, renamed) + b"/" if slash else b"") + tail.encode()


def test_every_file_is_there_with_its_content(
    hostile: HostileWorkspace, archive: Path
) -> None:
    originals = original_names(archive)
    with zipfile.ZipFile(archive) as opened:
        found = {
            originals[name]: opened.read(FOLDER + name)
            for name in originals
            if name[-1:] not in ("", "/") and originals[name] not in hostile.links
        }

    expected = {k: v for k, v in hostile.files.items() if k not in hostile.links}
    assert found == expected


def test_everything_else_is_a_problem_with_its_reason(
    hostile: HostileWorkspace, archive: Path
) -> None:
    found = {row["path"]: row["reason"] for row in rows_of(archive, "problems")}

    assert found == {escape_path(k): v for k, v in hostile.problems.items()}


def test_links_are_stored_as_links_when_they_stay_inside(
    hostile: HostileWorkspace, archive: Path
) -> None:
    with zipfile.ZipFile(archive) as opened:
        links = {
            info.filename[len(FOLDER) :].encode(): opened.read(info)
            for info in opened.infolist()
            if info.external_attr >> 28 == 0o12
        }

    assert links == hostile.links


def test_nothing_from_outside_is_in_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        contents = [opened.read(info) for info in opened.infolist()]

    assert [c for c in contents if CANARY in c or b"PATH=" in c] == []


def test_no_name_is_one_that_some_system_refuses(archive: Path) -> None:
    names = original_names(archive)

    parts = {part for name in names for part in name.split("/") if part}
    assert [p for p in parts if set(p) & set('<>:"|?*\\%') or p[-1:] in ". "] == []
    assert [n for n in names if len(n) + len(FOLDER) > 250] == []
    assert len({name.casefold() for name in names}) == len(names)


def test_modes_lose_what_no_archive_should_carry(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        modes = {
            name: opened.getinfo(FOLDER + name).external_attr >> 16
            for name in ("run.sh", "set-user", "read-only.txt", ".hidden/")
        }

    assert modes == {
        "run.sh": 0o100755,
        "set-user": 0o100755,
        "read-only.txt": 0o100444,
        ".hidden/": 0o040755,
    }


@pytest.mark.parametrize("processes", [1, 3])
def test_any_number_of_processes_writes_the_same_bytes(
    hostile: HostileWorkspace, archive: Path, tmp_path: Path, processes: int
) -> None:
    write(tmp_path / "again.zip", expect({"ada": hostile.root}), processes=processes)

    assert digest(tmp_path / "again.zip") == digest(archive)


def test_a_sparse_file_over_the_limit_is_a_problem(tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 40)

    result = write(
        tmp_path / "it.zip",
        expect({"ada": root}),
        limits=Limits(max_file_bytes=1 << 30),
    )

    assert rows_of(tmp_path / "it.zip", "problems")[0]["reason"] == "file-too-large"
    assert result.receipt.failed == 1


@pytest.fixture
def deep_root(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "work"
    root.mkdir()
    yield root
    # Too deep for Python's own way to remove a tree, which is recursive.
    subprocess.run(["rm", "-rf", root], check=True)  # noqa: S603, S607


def test_a_thousand_levels_are_no_problem(deep_root: Path, tmp_path: Path) -> None:
    root = deep_root
    here = os.open(root, os.O_RDONLY)
    for _level in range(1000):
        os.mkdir(b"level", dir_fd=here)
        below = os.open(b"level", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with os.fdopen(os.open(b"leaf", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as f:
        f.write(b"down here")
    os.close(here)

    result = write(tmp_path / "it.zip", expect({"ada": root}))

    assert (result.file_count, result.problem_count) == (1, 0)
    originals = original_names(tmp_path / "it.zip").values()
    assert b"level/" * 1000 + b"leaf" in originals


@pytest.mark.slow
def test_a_hundred_thousand_files_in_one_folder_are_no_problem(tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    for number in range(100_000):
        (root / f"f{number}").touch()

    result = write(tmp_path / "it.zip", expect({"ada": root}))

    assert (result.file_count, result.problem_count) == (100_000, 0)
    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        assert len(opened.namelist()) > 100_000


Change = Callable[[Path], None]
CHANGES: dict[str, tuple[Change, str]] = {
    "grows": (lambda path: _append(path), "changed-while-read"),
    "shrinks": (lambda path: os.truncate(path, 10), ""),
    "vanishes": (lambda path: path.unlink(), ""),
    "becomes a link": (lambda path: _become_link(path), ""),
}


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _become_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("../secret.txt")


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("size_bytes", [5000, 6_000_000])
def test_a_file_that_changes_while_it_is_read_never_breaks_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size_bytes: int
) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (tmp_path / "secret.txt").write_bytes(CANARY)
    path = root / "it"
    path.write_bytes(os.urandom(size_bytes))
    (root / "other").write_bytes(b"other")
    change, reason = CHANGES[name]
    _change_between_open_and_read(monkeypatch, lambda: change(path))

    result = _write_in_this_process(tmp_path / "it.zip", root, monkeypatch)

    with zipfile.ZipFile(tmp_path / "it.zip") as opened:
        assert opened.testzip() is None
        assert CANARY not in b"".join(opened.read(i) for i in opened.infolist())
        assert opened.read(FOLDER + "other") == b"other"
    reasons = [row["reason"] for row in rows_of(tmp_path / "it.zip", "problems")]
    assert reasons == [reason] * result.problem_count or len(reasons) <= 1


def _change_between_open_and_read(
    patch: pytest.MonkeyPatch, change: Callable[[], None]
) -> None:
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        opened = Path(f"/proc/self/fd/{descriptor}").readlink()
        if opened.parts[-2:] == ("work", "it"):
            change()
        return status

    patch.setattr(os, "fstat", fstat)


def _write_in_this_process(
    target: Path, root: Path, patch: pytest.MonkeyPatch
) -> BagResult:
    """Write with a pool whose one process is this one, where patches hold."""
    patch.setattr("bagkit.archive.bag.PackingPool", InlinePool)
    return write(target, expect({"ada": root}))


@pytest.mark.slow
def test_a_folder_that_is_swapped_for_a_link_all_the_time_leaks_nothing(
    tmp_path: Path,
) -> None:
    root = tmp_path / "work"
    (root / "swap").mkdir(parents=True)
    (root / "swap" / "secret.txt").write_bytes(b"harmless")
    (tmp_path / "secret.txt").write_bytes(CANARY)
    stop = threading.Event()
    swapper = threading.Thread(target=_swap_until, args=(root, stop))
    swapper.start()
    try:
        for number in range(40):
            target = tmp_path / f"{number}.zip"
            write(target, expect({"ada": root}))
            assert not has_canary(target)
    finally:
        stop.set()
        swapper.join()


def has_canary(archive: Path) -> bool:
    """Answer whether something from outside is in an archive; each member is read."""
    with zipfile.ZipFile(archive) as opened:
        return any(CANARY in opened.read(info) for info in opened.infolist())


def _swap_until(root: Path, stop: threading.Event) -> None:
    folder, kept, link = root / "swap", root / "kept", root / "link"
    while not stop.is_set():
        folder.rename(kept)
        link.symlink_to("..")
        link.rename(folder)
        folder.unlink()
        kept.rename(folder)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
