"""What a driver returns becomes exactly what the table's schema says.

SQLite has no times, no days and no booleans: Django keeps times in it as texts in UTC
with up to six digits of a second, and UUIDs as 32 digits.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from bagkit.errors import TableError
from bagkit.tables import ColumnKind, TableSchema

_DIGITS = "^(.{8})(.{4})(.{4})(.{4})(.{12})$"
_NAIVE = pa.timestamp("us")


def fit_batch(
    batch: pa.RecordBatch, schema: TableSchema, uuid_columns: frozenset[int]
) -> pa.RecordBatch:
    """Return a driver's batch with the types of the table.

    Raises:
        TableError: If a value is not of its column's kind, or columns are missing.
    """
    arrow_schema = schema.arrow_schema()
    if batch.num_columns != len(arrow_schema):
        message = f"Found {batch.num_columns} columns, expected {len(arrow_schema)}"
        raise TableError(f"{message}: table {schema.name!r}")
    arrays = []
    for place, (array, field) in enumerate(
        zip(batch.columns, arrow_schema, strict=True)
    ):
        try:
            fitted = _fit_array(array, field.type)
        except pa.ArrowException as error:
            message = f"Found a value that is no {field.type}"
            raise TableError(
                f"{message}: column {field.name!r}, table {schema.name!r}"
            ) from error
        arrays.append(_dash(fitted) if place in uuid_columns else fitted)
    return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema)


def fit_rows(
    rows: Sequence[Sequence[object]], schema: TableSchema, uuid_columns: frozenset[int]
) -> list[list[object]]:
    """Return a plain cursor's rows with the values that the table's kinds take.

    Raises:
        TableError: If a value is not of its column's kind.
    """
    adapters = [_ADAPTERS[column.kind] for column in schema.columns]
    for place in uuid_columns:
        adapters[place] = _to_uuid
    try:
        return [
            [
                None if value is None else adapt(value)
                for adapt, value in zip(adapters, row, strict=True)
            ]
            for row in rows
        ]
    except (TypeError, ValueError) as error:
        message = f"Found a row that does not fit: table {schema.name!r}: {error}"
        raise TableError(message) from error


def _fit_array(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if array.type == kind:
        return array
    if pa.types.is_timestamp(kind):
        return array.cast(_NAIVE).cast(kind)
    return array.cast(kind)


def _dash(digits: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(
        digits, pattern=_DIGITS, replacement=r"\1-\2-\3-\4-\5"
    )


def _to_time(value: object) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.fromisoformat(str(value))
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _to_day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _to_uuid(value: object) -> str:
    return str(uuid.UUID(str(value)))


_ADAPTERS: dict[ColumnKind, Callable[..., object]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "datetime": _to_time,
    "date": _to_day,
}
