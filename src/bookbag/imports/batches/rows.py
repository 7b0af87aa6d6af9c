"""Rows of a batch, and what became of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bookbag.imports.csv_tables import CsvRecord
from bookbag.imports.faults import FaultList
from bookbag.imports.records import RecordReader, read_object

Status = Literal["created", "updated", "unchanged", "failed"]
_BATCH = Path("batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row."""

    row: int
    """Which one, from 1."""
    status: Status
    id: int | None = None
    external_id: str = ""
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFields:
    """The fields of a kind of row."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Those that may have several lines."""


class BatchRows:
    """Some rows of a batch, read; what is wrong with each is kept by its number."""

    def __init__(
        self, found: Iterable[tuple[int, object]], fields: BatchFields
    ) -> None:
        self.path = _BATCH
        self.faults = FaultList(Path())
        self.numbers: list[int] = []
        self.records: list[CsvRecord] = []
        for number, value in found:
            self.numbers.append(number)
            record = read_object(
                value,
                number,
                self.path,
                self.faults,
                required=fields.required,
                optional=fields.optional,
                texts=fields.texts,
            )
            if record is not None:
                self.records.append(record)

    def readers(self) -> list[RecordReader]:
        """Return a reader for each row that is one."""
        return [
            RecordReader(record, self.path, self.faults)
            for record in self.records
            if record.line not in self.faulty
        ]

    @property
    def faulty(self) -> dict[int, list[str]]:
        """What is wrong so far, by the number of the row."""
        found: dict[int, list[str]] = {}
        for fault in self.faults.faults:
            found.setdefault(fault.line or 0, []).append(fault.message)
        return found

    def refuse(self, number: int, message: str) -> None:
        """Note what is wrong with a row."""
        self.faults.add(self.path, message, line=number)

    def finish(self, describe: Callable[[int], RowResult]) -> list[RowResult]:
        """Return what became of every row, in order.

        Args:
            describe: Returns the result of a row that was in order.
        """
        faulty = self.faulty
        return [
            RowResult(row=number, status="failed", errors=tuple(faulty[number]))
            if number in faulty
            else describe(number)
            for number in self.numbers
        ]
