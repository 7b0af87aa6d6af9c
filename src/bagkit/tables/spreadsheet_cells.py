"""Values in spreadsheets: a number where a number is exact, and a text elsewhere.

Spreadsheets calculate in doubles and count days from 1900. An integer of more than 15
digits, a time that a double of days does not hold to the microsecond and a date before
March 1900 are texts, so that reading gives back exactly what was written.
"""

import math

import pyarrow as pa

from bagkit.tables.schema import ColumnKind
from bagkit.tables.times import (
    DEFAULT_ZONE,
    find_offsets,
    format_times,
    from_wall_clock,
    to_wall_clock,
)

Cell = str | float | bool | None

MAX_EXACT_INTEGER = 10**15 - 1
"""Excel keeps 15 digits."""
DAY_MICROSECONDS = 86_400_000_000
DAYS_TO_1970 = 25_569
"""From the day that spreadsheets count as 0 to 1970-01-01."""
FIRST_TRUE_DAY = 61
"""1900-03-01; before it spreadsheets count a 29 February that never was."""


class ExactFloat(float):
    """A number that XlsxWriter writes with all digits; it would round to 16."""

    def __format__(self, _spec: str) -> str:
        return float.__repr__(self)


def list_cells(column: pa.Array, kind: ColumnKind) -> list[Cell]:
    """Return a column's values as cells."""
    if kind == "datetime":
        return _list_times(column)
    if kind == "date":
        days = column.cast(pa.int32()).to_pylist()
        texts = column.cast(pa.string()).to_pylist()
        return [_to_date(*pair) for pair in zip(days, texts, strict=True)]
    values: list[Cell] = column.to_pylist()
    if kind == "integer":
        return [_to_integer(value) for value in values]
    if kind == "number":
        return [_to_number(value) for value in values]
    return values


def _list_times(column: pa.Array) -> list[Cell]:
    moments = column.cast(pa.int64()).to_pylist()
    texts = format_times(column).to_pylist()
    zone = column.type.tz
    walls = moments
    if zone != DEFAULT_ZONE:
        shown = to_wall_clock(column, find_offsets(column))
        walls = shown.cast(pa.int64()).to_pylist()
    return [
        _to_time(wall, text)
        if wall is None or from_wall_clock(wall, zone) == moment
        else text  # clocks showed it twice: only the text says which
        for moment, wall, text in zip(moments, walls, texts, strict=True)
    ]


def parse_time(serial: str) -> int:
    """Return the microseconds since 1970 of a cell that holds a time."""
    days = int(float(serial))
    # The part of a day alone: a product with all days would be rounded too much.
    rest = round((float(serial) - days) * DAY_MICROSECONDS)
    return (days - DAYS_TO_1970) * DAY_MICROSECONDS + rest


def parse_date(serial: str) -> int:
    """Return the days since 1970 of a cell that holds a date."""
    return int(float(serial)) - DAYS_TO_1970


def _to_time(moment: int | None, text: str) -> Cell:
    if moment is None:
        return None
    days, rest = divmod(moment, DAY_MICROSECONDS)
    serial = days + DAYS_TO_1970 + rest / DAY_MICROSECONDS
    is_exact = serial >= FIRST_TRUE_DAY and parse_time(repr(serial)) == moment
    return ExactFloat(serial) if is_exact else text


def _to_date(days: int | None, text: str) -> Cell:
    if days is None:
        return None
    serial = days + DAYS_TO_1970
    return serial if serial >= FIRST_TRUE_DAY else text


def _to_integer(value: Cell) -> Cell:
    if value is None or abs(int(value)) <= MAX_EXACT_INTEGER:
        return value
    return str(value)


def _to_number(value: Cell) -> Cell:
    if value is None:
        return None
    number = float(value)
    return ExactFloat(number) if math.isfinite(number) else repr(number)
