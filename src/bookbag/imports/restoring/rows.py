"""Rows of an archive's tables, with values of the columns' kinds, or refused."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import CharField, Model

from bagkit.tables import Column, FoundRow, TableSchema
from bookbag.formats.texts import show_text
from bookbag.formats.values import parse_moment
from bookbag.imports.restoring.ledger import Kind, Ledger, Outcome

INTEGER_LIMIT = 2**31 - 1
TEXT_LIMIT = 10_000_000
FLAGS = {"true": True, "false": False}
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9.]{1,40}(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    number: int
    values: dict[str, object]

    def text(self, name: str) -> str:
        """Return a text; empty when there is none."""
        value = self.values[name]
        return "" if value is None else str(value)

    def get_time(self, name: str) -> datetime | None:
        """Return a time, if there is one."""
        value = self.values[name]
        return value if isinstance(value, datetime) else None

    def get_count(self, name: str) -> int:
        """Return a whole number; 0 when there is none."""
        value = self.values[name]
        return value if isinstance(value, int) else 0

    def get_number(self, name: str) -> float | None:
        """Return a number, if there is one."""
        value = self.values[name]
        return value if isinstance(value, float) else None


def iter_rows(
    found: Iterator[FoundRow], schema: TableSchema, kind: Kind, ledger: Ledger
) -> Iterator[Row]:
    """Yield the rows that can be read; the others are refused, each by its number."""
    for row in found:
        fault = row.fault
        values: dict[str, object] = {}
        for column, cell in zip(schema.columns, row.cells, strict=False):
            try:
                values[column.name] = _parse_cell(column, cell)
            except ValueError as error:
                fault = f"{error}: {column.name}"
                break
        if fault:
            label = ", ".join(show_text(cell or "", limit=40) for cell in row.cells[:2])
            ledger.note(kind, Outcome.REFUSED, label, fault, row.number)
        else:
            yield Row(row.number, values)


def find_long_text(instance: Model) -> str | None:
    """Return what is wrong with an instance's texts: longer than their columns."""
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        limit = field.max_length if isinstance(field, CharField) else TEXT_LIMIT
        if isinstance(value, str) and limit is not None and len(value) > limit:
            return f"Text is {len(value)} characters, limit is {limit}: {field.name}"
    return None


def list_differences(instance: Model, wanted: dict[str, object]) -> str:
    """Return in what an instance differs from what an archive says, in words."""
    return "; ".join(
        f"{name}: {_show(getattr(instance, name))} here, {_show(value)} in the archive"
        for name, value in wanted.items()
        if getattr(instance, name) != value
    )


def _show(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return f"'{show_text(str(value), limit=60)}'"


def _parse_cell(column: Column, cell: str | None) -> object:
    if cell is None or (cell == "" and column.kind != "string"):
        if not column.nullable:
            raise ValueError("Found nothing, expected a value")
        return None
    try:
        return _PARSERS[column.kind](cell)
    except (ValueError, KeyError):
        message = f"Found '{show_text(cell, limit=60)}', expected {_NAMES[column.kind]}"
        raise ValueError(message) from None


def _parse_text(cell: str) -> str:
    if "\0" in cell:
        raise ValueError(cell)
    return cell


def _parse_integer(cell: str) -> int:
    number = int(cell) if _INTEGER.fullmatch(cell) else INTEGER_LIMIT + 1
    if not 0 <= number <= INTEGER_LIMIT:
        raise ValueError(cell)
    return number


def _parse_number(cell: str) -> float:
    number = float(cell) if _NUMBER.fullmatch(cell) else math.inf
    if not math.isfinite(number):
        raise ValueError(cell)
    return number


def read_moment(cell: str) -> datetime:
    """Return a time with an offset, in UTC.

    Raises:
        ValueError: If it is none.
    """
    return parse_moment(cell).astimezone(UTC)


_PARSERS: dict[str, Callable[[str], object]] = {
    "string": _parse_text,
    "integer": _parse_integer,
    "number": _parse_number,
    "boolean": FLAGS.__getitem__,
    "datetime": read_moment,
}
_NAMES = {
    "string": "a text without NUL",
    "integer": f"a whole number from 0 to {INTEGER_LIMIT}",
    "number": "a number",
    "boolean": "true or false",
    "datetime": "a time with its offset",
}
