"""The one way to write a table: record batches to a file of any dialect."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import BinaryIO

import pyarrow as pa

from bagkit.tables.csv_files import write_records
from bagkit.tables.dialects import Dialect
from bagkit.tables.json_lines import write_lines
from bagkit.tables.parquet_files import write_columns
from bagkit.tables.schema import TableSchema
from bagkit.tables.spreadsheets import write_sheets
from bagkit.tables.summary import CellCounts, TableSummary

_Write = Callable[[Iterable[pa.RecordBatch], TableSchema, BinaryIO], CellCounts]
_WRITERS: dict[Dialect, _Write] = {
    Dialect.CSV: partial(write_records, is_guarded=True),
    Dialect.CSV_EXACT: partial(write_records, is_guarded=False),
    Dialect.XLSX: write_sheets,
    Dialect.PARQUET: write_columns,
    Dialect.JSONL: write_lines,
}


def write_table(
    batches: Iterable[pa.RecordBatch],
    schema: TableSchema,
    target: BinaryIO,
    *,
    dialect: Dialect = Dialect.CSV,
) -> TableSummary:
    """Write a table with flat memory; ``read_table`` gives back the same rows.

    Args:
        batches: The rows; each batch has the schema's types.
        schema: The table.
        target: A file that can be sought in, at its present position.
        dialect: The kind of file.

    Raises:
        TableError: If a batch is not of this table, or the dialect cannot hold it.
    """
    start = target.tell()
    checked = _CheckedBatches(batches, schema)
    # Parquet keeps moments, which no zone changes.
    is_zoned = dialect is not Dialect.PARQUET
    zoned = map(schema.to_zone, checked) if is_zoned else checked
    cells = _WRITERS[dialect](zoned, schema, target)
    texts = [column.name for column in schema.columns if column.kind == "string"]
    return TableSummary(
        dialect=dialect,
        row_count=checked.row_count,
        byte_count=target.tell() - start,
        guarded_columns=tuple(texts * dialect.is_guarded),
        cells=cells,
    )


class _CheckedBatches:
    """Hands on what fits the schema, and counts it."""

    def __init__(self, batches: Iterable[pa.RecordBatch], schema: TableSchema) -> None:
        self._batches = batches
        self._schema = schema
        self.row_count = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self._schema.check_batch(batch, self.row_count)
            self.row_count += batch.num_rows
            yield batch
