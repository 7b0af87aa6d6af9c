"""Reading a table back: the exact rows that were written, from any dialect."""

from pathlib import Path

import pyarrow as pa

from bagkit.tables.csv_files import read_records
from bagkit.tables.dialects import Dialect
from bagkit.tables.json_lines import read_lines
from bagkit.tables.parquet_files import read_columns
from bagkit.tables.schema import TableSchema
from bagkit.tables.spreadsheet_reader import read_sheets


def read_table(
    path: Path, schema: TableSchema, dialect: Dialect = Dialect.CSV
) -> pa.Table:
    """Return the rows that ``write_table`` was given; the whole table is in memory.

    Args:
        path: The file.
        schema: The table as it was written.
        dialect: The kind of file.

    Raises:
        TableError: If the file is not this table in this dialect.
        OSError: If the file cannot be read.
    """
    if dialect.is_csv:
        return read_records(path, schema, is_guarded=dialect.is_guarded)
    if dialect is Dialect.XLSX:
        return read_sheets(path, schema)
    if dialect is Dialect.PARQUET:
        return read_columns(path, schema)
    return read_lines(path, schema)
