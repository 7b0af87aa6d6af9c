"""Several writers of one archive write what one of them would."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bagkit.archive import ArchiveStream, BagPlan, ExpectedWorkspace, write_bag
from bagkit.archive.shards import (
    Baton,
    PackedNote,
    decode_shard,
    encode_shard,
    hand_on_shard,
    pack_shard,
)
from bagkit.errors import PackingError
from bagkit.packing.handed_digest import HandedDigest, can_hand_on
from bagkit.packing.pool import PackingTask
from tests.factories_files import write_work
from tests.unit.packing.bags import expect, make_plan

STUDENTS = 12


class Sink:
    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, piece: bytes) -> None:
        self.content += piece


class Elsewhere:
    """Packs shards of so many workspaces, each into a folder of its own."""

    def __init__(self, sink: Sink, folder: Path, size: int) -> None:
        self.sink, self.folder, self.size = sink, folder, size
        self.shards = 0
        self.lost_bytes = 0

    def pack(self, tasks: Sequence[PackingTask], start: Baton) -> Iterator[PackedNote]:
        self.baton = start
        assert start.position == len(self.sink.content)
        for first in range(0, len(tasks), self.size):
            self.shards += 1
            folder = self.folder / f"shard-{self.shards}"
            folder.mkdir(parents=True)
            parts = pack_shard(tasks[first : first + self.size], folder, self.sink)
            packed = encode_shard(*hand_on_shard(parts, self.baton, folder))
            self.baton, notes = decode_shard(packed)
            yield from notes

    def end(self) -> Baton:
        return self.baton


@pytest.fixture
def workspaces(tmp_path: Path) -> list[ExpectedWorkspace]:
    chooser = random.Random(5)  # noqa: S311 - content that cannot be compressed
    folders: dict[str, Path | None] = {
        "s00": None,
        "s05": None,
        "s99": Path("/nowhere"),
    }
    for number in range(STUDENTS):
        folder = write_work(tmp_path / "work" / f"s{number:02}", f"{number}")
        (folder / "sound.bin").write_bytes(chooser.randbytes(300_000))
        (folder / "shared.py").write_text("print('the same for all')\n" * 50)
        (folder / f"own{number}.py").write_text(f"print({number})\n" * 40)
        folders.setdefault(f"s{number:02}", folder)
    return expect(dict(sorted(folders.items())))


@pytest.fixture
def plan(workspaces: list[ExpectedWorkspace]) -> BagPlan:
    return make_plan(workspaces)


@pytest.mark.parametrize("size", [1, 4, STUDENTS + 9])
def test_shards_are_the_archive_byte_for_byte(
    plan: BagPlan, tmp_path: Path, size: int
) -> None:
    kept = write_bag(plan, tmp_path / "kept.zip")
    sink = Sink()
    elsewhere = Elsewhere(sink, tmp_path / "shards", size)

    result = write_bag(
        plan,
        tmp_path / "it.zip",
        stream=ArchiveStream(sink=sink, elsewhere=elsewhere),
    )

    assert elsewhere.shards == -(-11 // size)
    assert bytes(sink.content) == (tmp_path / "kept.zip").read_bytes()
    assert result == kept
    assert not (tmp_path / "it.zip").exists()


def test_shards_that_end_somewhere_else_are_refused(
    plan: BagPlan, tmp_path: Path
) -> None:
    class Short(Elsewhere):
        def end(self) -> Baton:
            baton = super().end()
            return Baton(
                position=baton.position - 1, digest=baton.digest, page=baton.page
            )

    sink = Sink()
    elsewhere = Short(sink, tmp_path / "shards", 4)

    with pytest.raises(PackingError, match=r"Found shards up to \d+, expected \d+"):
        write_bag(
            plan,
            tmp_path / "it.zip",
            stream=ArchiveStream(sink=sink, elsewhere=elsewhere),
        )


def test_a_digest_goes_on_where_another_ended() -> None:
    assert can_hand_on()
    first = HandedDigest()
    first.update(b"abc" * 77)
    second = HandedDigest(first.hand_on())
    second.update(b"def" * 99)
    first.update(b"not in the second")
    whole = HandedDigest()
    whole.update(b"abc" * 77 + b"def" * 99)

    assert second.hexdigest() == whole.hexdigest()
    assert second.hexdigest() == second.hexdigest()
