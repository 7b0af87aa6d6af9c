"""Spreadsheets: typed cells, as many sheets as the rows need, never a formula.

Invariants: a row is in memory, not the table; XlsxWriter keeps the sheets in a folder
of their own beside the target until they are packed.

Source: ADR 0060 and 0062.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import xlsxwriter

from bagkit.errors import TableError
from bagkit.tables.schema import ColumnKind, TableSchema
from bagkit.tables.spreadsheet_cells import Cell, list_cells
from bagkit.tables.spreadsheet_texts import (
    TextWorksheet,
    has_forbidden_character,
    split_text,
)
from bagkit.tables.summary import CellCounts

MAX_SHEET_ROWS = 1_048_576
"""Rows of a sheet with its header; Excel's own limit."""
MAX_COLUMNS = 16_384
MAX_SHEET_NAME = 31
LONG_TEXTS = "long texts"
"""The sheet that texts go on in; a table's name has no blank."""
LONG_TEXT_HEADER = ("row", "column", "piece", "text")
SLICE_ROWS = 1_000
_MADE_AT = datetime(1980, 1, 1)  # noqa: DTZ001 - one for all, so bytes are the same
_FORMATS: dict[ColumnKind, str] = {
    "datetime": "yyyy-mm-dd hh:mm:ss.000",
    "date": "yyyy-mm-dd",
}
_WIDTHS: dict[ColumnKind, int] = {"datetime": 23, "date": 11}


def write_sheets(
    batches: Iterable[pa.RecordBatch], schema: TableSchema, target: BinaryIO
) -> CellCounts:
    """Write a table as a spreadsheet.

    Raises:
        TableError: If the table has more columns than a sheet.
    """
    if len(schema.columns) > MAX_COLUMNS:
        message = f"Found {len(schema.columns)} columns, limit is {MAX_COLUMNS}"
        raise TableError(f"{message}: table {schema.name!r}")
    with _open_workbook(target) as workbook:
        sheets = _SheetWriter(workbook, schema)
        for batch in batches:
            for start in range(0, batch.num_rows, SLICE_ROWS):
                sheets.write_rows(batch.slice(start, SLICE_ROWS))
        return sheets.count_cells()


@contextmanager
def _open_workbook(target: BinaryIO) -> Iterator[Any]:
    name = getattr(target, "name", None)
    beside = Path(name).parent if isinstance(name, str) else None
    with tempfile.TemporaryDirectory(prefix="sheets-", dir=beside) as folder:
        workbook = xlsxwriter.Workbook(
            target,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        workbook.set_properties({"created": _MADE_AT})
        try:
            yield workbook
            workbook.close()
        except BaseException:
            # It would be closed, and complain, whenever it is collected.
            workbook.fileclosed = True
            for sheet in workbook.worksheets():
                sheet._opt_close()
            raise


class _Sheets:
    """Rows that go on in a further sheet where one is full."""

    def __init__(
        self, workbook: Any, name: str, header: Iterable[str], widths: Iterable[int]
    ) -> None:
        self._workbook = workbook
        self._name = name
        self._header = tuple(header)
        self._widths = tuple(widths)
        self._row = MAX_SHEET_ROWS
        self.count = 0
        self.sheet: Any = None

    def begin_row(self) -> int:
        """Return the number of a new row of ``sheet``."""
        if self._row >= MAX_SHEET_ROWS:
            self.add_sheet()
        self._row += 1
        return self._row - 1

    def add_sheet(self) -> None:
        """Go on in a further sheet, under the same header."""
        self.count += 1
        ending = f" {self.count}" if self.count > 1 else ""
        name = self._name[: MAX_SHEET_NAME - len(ending)] + ending
        self.sheet = self._workbook.add_worksheet(name, TextWorksheet)
        for number, width in enumerate(self._widths):
            self.sheet.set_column(number, number, width)
        self.sheet.freeze_panes(1, 0)
        for number, title in enumerate(self._header):
            self.sheet.write_string(0, number, title)
        self._row = 1


class _SheetWriter:
    def __init__(self, workbook: Any, schema: TableSchema) -> None:
        self._kinds = [column.kind for column in schema.columns]
        self._names = [column.name for column in schema.columns]
        widths = [_WIDTHS.get(kind, 16) for kind in self._kinds]
        self._rows = _Sheets(workbook, schema.name, self._names, widths)
        self._rows_written = self._escaped = self._long = 0
        self._long_texts = _Sheets(workbook, LONG_TEXTS, LONG_TEXT_HEADER, ())
        self._formats = {
            kind: workbook.add_format({"num_format": pattern})
            for kind, pattern in _FORMATS.items()
        }
        self._blank = workbook.add_format({"num_format": "@"})
        self._rows.add_sheet()

    def write_rows(self, batch: pa.RecordBatch) -> None:
        """Write some rows, each null as no cell at all."""
        columns = map(list_cells, batch.columns, self._kinds)
        for row in zip(*columns, strict=True):
            self._rows_written += 1
            number = self._rows.begin_row()
            for place, cell in enumerate(row):
                if cell is not None:
                    self._write_cell(number, place, cell)
            if all(cell is None for cell in row):
                # A row without any cell would not be there at all.
                self._rows.sheet.write_blank(number, 0, None, self._blank)

    def count_cells(self) -> CellCounts:
        """Return what could not be written as it is."""
        return CellCounts(
            escaped=self._escaped, long=self._long, sheets=self._rows.count
        )

    def _write_cell(self, number: int, place: int, cell: Cell) -> None:
        sheet = self._rows.sheet
        if isinstance(cell, str):
            self._write_text(number, place, cell)
        elif isinstance(cell, bool):
            sheet.write_boolean(number, place, cell)
        else:
            form = self._formats.get(self._kinds[place])
            sheet.write_number(number, place, cell, form)

    def _write_text(self, number: int, place: int, text: str) -> None:
        self._escaped += has_forbidden_character(text)
        first, *rest = split_text(text)
        self._rows.sheet.write_string(number, place, first)
        self._long += bool(rest)
        for count, piece in enumerate(rest, 2):
            row = self._long_texts.begin_row()
            sheet = self._long_texts.sheet
            sheet.write_number(row, 0, self._rows_written)
            sheet.write_string(row, 1, self._names[place])
            sheet.write_number(row, 2, count)
            sheet.write_string(row, 3, piece)
