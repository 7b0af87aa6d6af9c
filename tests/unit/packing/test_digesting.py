"""A workspace's digest is the one that its receipt would have."""

from pathlib import Path

from bagkit.packing.digesting import digest_workspace
from tests.hostile_workspace import build_hostile_workspace
from tests.unit.packing.bags import TOP, expect, write


def test_it_is_the_digest_of_the_receipt(tmp_path: Path) -> None:
    work = build_hostile_workspace(tmp_path)
    [cell] = write(tmp_path / "it.zip", expect({"ada": work.root})).receipt.cells

    found = digest_workspace(str(work.root), f"{TOP}/data/{cell.folder}/")

    assert (found.digest, found.file_count, found.size_bytes) == (
        cell.digest,
        cell.files,
        cell.bytes,
    )


def test_it_says_when_there_is_nothing(tmp_path: Path) -> None:
    found = digest_workspace(str(tmp_path / "gone"), "a/b/")

    assert found.failure == "workspace-missing"
