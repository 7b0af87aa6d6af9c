"""Reading CSV of ours row by row, when somebody else may have written it.

A table is not refused for one row: what cannot be read is given with its number and
what is wrong with it, so that a caller can say so and go on. Cells stay texts; what
they have to be is the caller's business.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from bagkit.errors import TableError
from bagkit.tables.csv_files import BLOCK_BYTES, format_header
from bagkit.tables.schema import TableSchema

_ENCODING = "latin-1"


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One record as it was found."""

    number: int
    """From 1; the header does not count."""
    cells: tuple[str | None, ...]
    """One for each column, the formula guard undone; none when it is at fault."""
    fault: str = ""
    """What was found and what was expected, if it cannot be read."""


def iter_found_rows(file: BinaryIO, schema: TableSchema) -> Iterator[FoundRow]:
    """Yield the records of a guarded CSV file, in order, with flat memory.

    Args:
        file: The file, from its start; it need not be able to seek.
        schema: The table that it has to be.

    Raises:
        TableError: If it is another table, or a record is larger than a block.
    """
    header = format_header(schema, is_guarded=True)
    if file.read(len(header)) != header:
        raise TableError(f"Found another header than of table {schema.name!r}")
    unreadable: list[FoundRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        fault = f"Found {row.actual_columns} fields, expected {row.expected_columns}"
        unreadable.append(FoundRow(row.number, (), fault))
        return "skip"

    number = 0
    guarded = tuple(column.kind == "string" for column in schema.columns)
    for cells in _iter_cells(file, schema, note):
        number += 1
        while unreadable and unreadable[0].number == number:
            yield unreadable.pop(0)
            number += 1
        yield _read_row(number, cells, guarded)
    yield from unreadable


def _iter_cells(
    file: BinaryIO, schema: TableSchema, note: object
) -> Iterator[tuple[bytes | None, ...]]:
    try:
        for batch in _open_records(file, schema, note):
            yield from zip(*(c.to_pylist() for c in batch.columns), strict=True)
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            message = f"Found no records of table {schema.name!r}: {error}"
            raise TableError(message) from error


def _open_records(
    file: BinaryIO, schema: TableSchema, note: object
) -> pyarrow.csv.CSVStreamingReader:
    # Bytes, because one text that is not UTF-8 must not cost the others.
    types = {column.name: pa.binary() for column in schema.columns}
    return pyarrow.csv.open_csv(
        file,
        pyarrow.csv.ReadOptions(
            block_size=BLOCK_BYTES,
            column_names=list(types),
            use_threads=False,
            # Arrow gives a row that it cannot read as text, and a row that is not
            # UTF-8 besides would cost the table. Here every byte is a character.
            encoding=_ENCODING,
        ),
        pyarrow.csv.ParseOptions(
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        pyarrow.csv.ConvertOptions(
            column_types=types,
            check_utf8=False,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _read_row(
    number: int, cells: tuple[bytes | None, ...], guarded: tuple[bool, ...]
) -> FoundRow:
    try:
        texts = [None if cell is None else _decode(cell) for cell in cells]
    except UnicodeDecodeError:
        return FoundRow(number, (), "Found a text that is not UTF-8")
    return FoundRow(
        number,
        tuple(
            text[1:] if is_guarded and text and text[0] == "'" else text
            for text, is_guarded in zip(texts, guarded, strict=True)
        ),
    )


def _decode(cell: bytes) -> str:
    text = cell.decode()
    return text if cell.isascii() else text.encode(_ENCODING).decode()
