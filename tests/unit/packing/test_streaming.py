"""An archive that is handed on while it is written; little of it lies on the disk."""

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from bagkit.archive import ArchiveStream, BagPlan, BagResult, TableSource, write_bag
from bagkit.tables import Column, TableSchema
from tests.factories_files import write_work
from tests.unit.packing.bags import expect, make_plan

STUDENTS = 40
STAGED_BYTES = 4 << 20
RANDOM = random.Random(8)  # noqa: S311 - content that cannot be compressed


class Sink:
    """Keeps what it is given, and notes how much lies in a folder meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = bytearray()
        self.most_staged_bytes = 0

    def write(self, piece: bytes) -> None:
        self.content += piece
        found = [path.stat().st_blocks for path in self.folder.rglob("*")]
        self.most_staged_bytes = max(self.most_staged_bytes, 512 * sum(found))


@pytest.fixture
def plan(tmp_path: Path) -> BagPlan:
    folders = {}
    for number in range(STUDENTS):
        folder = write_work(tmp_path / "work" / f"s{number:02}", f"{number}")
        (folder / "sound.bin").write_bytes(RANDOM.randbytes(700_000))
        folders[f"s{number:02}"] = folder
    return make_plan(expect(folders))


def stream(
    plan: BagPlan, folder: Path, *, processes: int = 2
) -> tuple[BagResult, Sink]:
    folder.mkdir()
    sink = Sink(folder)
    result = write_bag(
        plan,
        folder / "it.zip",
        processes=2,
        stream=ArchiveStream(sink=sink, staged_bytes=STAGED_BYTES),
    )
    assert list(folder.iterdir()) == []
    return result, sink


def test_a_stream_is_the_file_byte_for_byte(plan: BagPlan, tmp_path: Path) -> None:
    kept = write_bag(plan, tmp_path / "kept.zip")

    result, sink = stream(plan, tmp_path / "staging")

    assert bytes(sink.content) == (tmp_path / "kept.zip").read_bytes()
    assert result == kept


def test_what_lies_on_the_disk_is_bounded(plan: BagPlan, tmp_path: Path) -> None:
    _result, sink = stream(plan, tmp_path / "staging")

    assert len(sink.content) > 6 * STAGED_BYTES
    assert 0 < sink.most_staged_bytes < 2 * STAGED_BYTES


def test_a_large_table_is_streamed_as_it_would_be_filed(tmp_path: Path) -> None:
    schema = TableSchema(
        name="words",
        title="Words",
        description="One row a word.",
        columns=(Column(name="word", kind="string", description="A word."),),
    )
    words = [f"{RANDOM.getrandbits(200):x}" for _ in range(120_000)]
    batch = pa.RecordBatch.from_pydict({"word": words})
    source = TableSource(schema=schema, batches=lambda: [batch])
    plan = replace(make_plan([]), tables=(source,))
    kept = write_bag(plan, tmp_path / "kept.zip")

    result, sink = stream(plan, tmp_path / "staging")

    assert bytes(sink.content) == (tmp_path / "kept.zip").read_bytes()
    assert result.sha256 == kept.sha256


def test_a_sink_that_refuses_ends_it(plan: BagPlan, tmp_path: Path) -> None:
    class Refusing:
        def write(self, _piece: bytes) -> None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_bag(plan, tmp_path / "it.zip", stream=ArchiveStream(sink=Refusing()))

    assert not (tmp_path / "it.zip").exists()
