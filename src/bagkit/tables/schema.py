"""What a table is made of: columns with types, units and descriptions."""

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.times import DEFAULT_ZONE

ColumnKind = Literal["string", "integer", "number", "boolean", "datetime", "date"]

ARROW_TYPES: dict[ColumnKind, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "datetime": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    kind: ColumnKind
    description: str
    unit: str | None = None
    """What a number counts: bytes, seconds …"""
    nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """A table's columns, in the order in which they are written.

    Raises:
        TableError: If there is no column, two have one name, or the table's own
            name has other characters than it may.
    """

    name: str
    """A short name for files and descriptors: lower case, digits, underscores."""
    title: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    time_zone: str = DEFAULT_ZONE
    """The zone whose clock its times are written by; batches are always in UTC."""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not re.fullmatch("[a-z0-9_]+", self.name):
            message = "Found a table name with other characters than a-z, 0-9 and _"
            raise TableError(f"{message}: {self.name!r}")
        if not names or len(set(names)) < len(names):
            message = f"Found columns {names}, expected one or more, each once"
            raise TableError(f"{message}: table {self.name!r}")

    def arrow_schema(self) -> pa.Schema:
        """Return the schema that record batches of this table have."""
        return pa.schema(
            [
                pa.field(column.name, ARROW_TYPES[column.kind], column.nullable)
                for column in self.columns
            ]
        )

    def to_zone(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch whose times name the zone that they are to be written in."""
        if self.time_zone == DEFAULT_ZONE:
            return batch
        zoned = pa.timestamp("us", self.time_zone)
        arrays = [
            array.cast(zoned) if pa.types.is_timestamp(array.type) else array
            for array in batch.columns
        ]
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    def check_batch(self, batch: pa.RecordBatch, rows_before: int = 0) -> None:
        """Refuse a record batch that is not of this table.

        Args:
            batch: What to look at.
            rows_before: Rows of the table that came before it, to name a row.

        Raises:
            TableError: If names or types differ, naming both; if a text is not
                UTF-8 or a column that must have values lacks one.
        """
        expected = self.arrow_schema()
        found = [(field.name, field.type) for field in batch.schema]
        wanted = [(field.name, field.type) for field in expected]
        if found != wanted:
            message = f"Found columns {found}, expected {wanted}: table {self.name!r}"
            raise TableError(message)
        for column, array in zip(self.columns, batch.columns, strict=True):
            self._check_values(column, array, rows_before)

    def _check_values(self, column: Column, array: pa.Array, rows_before: int) -> None:
        if array.null_count and not column.nullable:
            row = rows_before + array.is_null().index(True).as_py() + 1
            fault = "Found no value, expected one"
        elif (index := find_invalid_text(array)) is not None:
            row = rows_before + index + 1
            fault = "Found a text that is not UTF-8"
        else:
            return
        message = f"{fault}: column {column.name!r}, row {row}, table {self.name!r}"
        raise TableError(message)


def find_invalid_text(array: pa.Array) -> int | None:
    """Return where the first text that is not UTF-8 stands, or None.

    A driver hands on whatever bytes a database holds; SQLite does not look at them.
    """
    if not pa.types.is_string(array.type):
        return None
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        texts = array.cast(pa.binary()).to_pylist()
        return next(n for n, text in enumerate(texts) if not _is_utf8(text))
    return None


def _is_utf8(content: bytes | None) -> bool:
    try:
        (content or b"").decode()
    except UnicodeDecodeError:
        return False
    return True
