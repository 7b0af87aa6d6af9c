"""Parquet: columns with types, compressed, with the descriptions in the file."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet

from bagkit.errors import TableError
from bagkit.tables.schema import TableSchema
from bagkit.tables.summary import CellCounts

GROUP_ROWS = 32_768
"""Rows that are in memory before they are written."""
GROUP_BYTES = 64 << 20
"""Bytes after which a group is written, however few its rows are."""


def write_columns(
    batches: Iterable[pa.RecordBatch], schema: TableSchema, target: BinaryIO
) -> CellCounts:
    """Write a table as Parquet; memory holds one group of rows.

    Units and descriptions stand in each field's metadata.
    """
    described = _describe_fields(schema)
    group: list[pa.RecordBatch] = []
    with pyarrow.parquet.ParquetWriter(
        target, described, compression="zstd", coerce_timestamps="us"
    ) as writer:
        for batch in batches:
            group.append(batch)
            is_full = sum(b.num_rows for b in group) >= GROUP_ROWS
            if is_full or sum(b.nbytes for b in group) >= GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(group).cast(described))
                group = []
        if group:
            writer.write_table(pa.Table.from_batches(group).cast(described))
    return CellCounts()


def read_columns(path: Path, schema: TableSchema) -> pa.Table:
    """Return the table that ``write_columns`` wrote.

    Raises:
        TableError: If the file is not such a table.
    """
    try:
        table = pyarrow.parquet.ParquetFile(path).read()
        return table.cast(schema.arrow_schema())
    except (pa.ArrowInvalid, ValueError) as error:
        message = f"Found no columns of table {schema.name!r}: {error}"
        raise TableError(message) from error


def _describe_fields(schema: TableSchema) -> pa.Schema:
    fields = []
    for column, field in zip(schema.columns, schema.arrow_schema(), strict=True):
        facts = {"description": column.description}
        if column.unit:
            facts["unit"] = column.unit
        fields.append(field.with_metadata(facts))
    return pa.schema(fields, {"title": schema.title, "description": schema.description})
