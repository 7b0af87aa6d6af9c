"""Reading a table back: the exact rows that were written, from any dialect."""

import errno
import zlib
from pathlib import Path

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.csv_files import read_records
from bagkit.tables.dialects import Dialect
from bagkit.tables.json_lines import read_lines
from bagkit.tables.parquet_files import read_columns
from bagkit.tables.schema import TableSchema
from bagkit.tables.spreadsheet_reader import read_sheets

_DAMAGED = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, RuntimeError),
    *(TypeError, ValueError, zlib.error, pa.ArrowException, OSError),
)
"""What the libraries for ZIP, XML, JSON and columns raise for damaged files."""

_ERRNO_OF_DAMAGE = (None, errno.EINVAL)
"""Arrow has no number for a damaged file; a ZIP may name a place before its start."""


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
    path.open("rb").close()
    try:
        return _read(path, schema, dialect)
    except TableError:
        raise
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno not in _ERRNO_OF_DAMAGE:
            raise  # the disk said so
        message = f"Found no table {schema.name!r} as {dialect}, or a damaged one"
        raise TableError(message) from error


def _read(path: Path, schema: TableSchema, dialect: Dialect) -> pa.Table:
    if dialect.is_csv:
        return read_records(path, schema, is_guarded=dialect.is_guarded)
    if dialect is Dialect.XLSX:
        return read_sheets(path, schema)
    if dialect is Dialect.PARQUET:
        return read_columns(path, schema)
    return read_lines(path, schema)
