"""CSV: RFC 4180, UTF-8, CRLF, every text quoted and every null bare.

A text is always in quotes and nothing else but a time is, so an empty text (``""``)
and no value at all (nothing) stay two things.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from bagkit.errors import TableError
from bagkit.tables.guard import guard_texts, unguard_texts
from bagkit.tables.schema import ARROW_TYPES, TableSchema
from bagkit.tables.summary import CellCounts
from bagkit.tables.times import format_times

BATCH_ROWS = 16_384
BLOCK_BYTES = 16 << 20
"""What the reader takes at once; a longer record makes it start again with more."""
LARGEST_BLOCK_BYTES = (1 << 31) - 1
"""Arrow's limit of one block, and so of one record."""
_OPTIONS = pyarrow.csv.WriteOptions(
    include_header=False, eol="\r\n", batch_size=BATCH_ROWS
)


def write_records(
    batches: Iterable[pa.RecordBatch],
    schema: TableSchema,
    target: BinaryIO,
    *,
    is_guarded: bool,
) -> CellCounts:
    """Write a table as CSV with flat memory.

    Args:
        batches: The rows; each batch has the schema's types.
        schema: The table.
        target: Where to write, from its present position on.
        is_guarded: Whether texts that a spreadsheet would run get an apostrophe.
    """
    target.write(format_header(schema, is_guarded=is_guarded))
    guarded_count = 0
    for batch in batches:
        columns = []
        for column in batch.columns:
            cells, count = _format_cells(column, is_guarded=is_guarded)
            columns.append(cells)
            guarded_count += count
        buffer = pa.BufferOutputStream()
        records = pa.record_batch(columns, batch.schema.names)
        pyarrow.csv.write_csv(records, buffer, _OPTIONS)
        target.write(buffer.getvalue())
    return CellCounts(guarded=guarded_count)


def read_records(path: Path, schema: TableSchema, *, is_guarded: bool) -> pa.Table:
    """Return the table that ``write_records`` wrote.

    Args:
        path: The file.
        schema: The table.
        is_guarded: Whether the formula guard is to be undone.

    Raises:
        TableError: If the file is not such a table.
    """
    header = format_header(schema, is_guarded=is_guarded)
    with path.open("rb") as file:
        is_ours = file.read(len(header)) == header
    if not is_ours:
        message = f"Found another header, expected {header!r}"
        raise TableError(f"{message}: table {schema.name!r}")
    block_bytes = BLOCK_BYTES
    while True:
        try:
            table = _read_cells(path, schema, len(header), block_bytes)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block_bytes == LARGEST_BLOCK_BYTES:
                message = f"Found no records of table {schema.name!r}: {error}"
                raise TableError(message) from error
            block_bytes = min(block_bytes * 16, LARGEST_BLOCK_BYTES)
        else:
            break
    if not is_guarded:
        return table
    columns = [
        unguard_texts(column) if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


def _read_cells(
    path: Path, schema: TableSchema, start: int, block_bytes: int
) -> pa.Table:
    types = {column.name: ARROW_TYPES[column.kind] for column in schema.columns}
    if path.stat().st_size == start:
        return schema.arrow_schema().empty_table()
    with path.open("rb") as file:
        # By bytes, because a column's name may hold the end of a line.
        file.seek(start)
        table = pyarrow.csv.read_csv(
            file,
            pyarrow.csv.ReadOptions(block_size=block_bytes, column_names=list(types)),
            pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    return table.cast(schema.arrow_schema())


def format_header(schema: TableSchema, *, is_guarded: bool) -> bytes:
    """Return the first record; teachers' words may be part of a column's name."""
    names = pa.array([column.name for column in schema.columns])
    if is_guarded:
        names, _ = guard_texts(names)
    fields = [
        '"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name
        for name in names.to_pylist()
    ]
    return (",".join(fields) + "\r\n").encode()


def _format_cells(column: pa.Array, *, is_guarded: bool) -> tuple[pa.Array, int]:
    if is_guarded and pa.types.is_string(column.type):
        return guard_texts(column)
    if pa.types.is_timestamp(column.type):
        return format_times(column), 0
    return column, 0
