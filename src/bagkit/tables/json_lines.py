"""JSON Lines: one object on each line, UTF-8, ending in a line feed.

Characters that some programs take for the end of a line are escaped. JSON has no word
for what is no finite number: such numbers are the texts ``nan``, ``inf`` and ``-inf``.
"""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.parsing import iter_parsed_batches
from bagkit.tables.schema import TableSchema
from bagkit.tables.summary import CellCounts
from bagkit.tables.times import format_times

SLICE_ROWS = 1_000
_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x7f\x85\u2028\u2029"}
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
)


def write_lines(
    batches: Iterable[pa.RecordBatch], schema: TableSchema, target: BinaryIO
) -> CellCounts:
    """Write a table as JSON Lines with flat memory."""
    names = [column.name for column in schema.columns]
    for batch in batches:
        for start in range(0, batch.num_rows, SLICE_ROWS):
            columns = [_to_values(c) for c in batch.slice(start, SLICE_ROWS).columns]
            lines = [
                _ENCODER.encode(dict(zip(names, row, strict=True))) + "\n"
                for row in zip(*columns, strict=True)
            ]
            target.write("".join(lines).translate(_LINE_ENDS).encode())
    return CellCounts()


def read_lines(path: Path, schema: TableSchema) -> pa.Table:
    """Return the table that ``write_lines`` wrote.

    Raises:
        TableError: If the file is not such a table.
    """
    with path.open("rb") as file:
        batches = iter_parsed_batches(schema, _iter_rows(file, schema))
        return pa.Table.from_batches(batches, schema.arrow_schema())


def _to_values(column: pa.Array) -> list[object]:
    if pa.types.is_timestamp(column.type):
        column = format_times(column)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[object] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [
            repr(v) if isinstance(v, float) and not math.isfinite(v) else v
            for v in values
        ]
    return values


def _iter_rows(lines: Iterable[bytes], schema: TableSchema) -> Iterator[list[object]]:
    names = [column.name for column in schema.columns]
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            message = f"Found no JSON on line {number}: table {schema.name!r}"
            raise TableError(message) from error
        if not isinstance(row, dict) or list(row) != names:
            message = f"Found other names than {names} on line {number}"
            raise TableError(f"{message}: table {schema.name!r}")
        yield list(row.values())
