"""Reading ahead gives the same batches, and never outlives who uses them."""

import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest

from bookbag.exports.rows.read_ahead import read_ahead


def make_batches(count: int) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist([{"a": number}]) for number in range(count)]


def test_all_batches_come_in_order() -> None:
    batches = make_batches(20)

    assert list(read_ahead(iter(batches))) == batches


def test_an_error_of_the_reading_passes_through() -> None:
    def fail() -> Iterator[pa.RecordBatch]:
        yield from make_batches(3)
        raise OSError("the disk is gone")

    batches = read_ahead(fail())

    assert [next(batches).num_rows for _ in range(3)] == [1, 1, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)


def test_whoever_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    batches = read_ahead(iter(make_batches(50)))
    next(batches)

    batches.close()

    assert threading.active_count() == before
