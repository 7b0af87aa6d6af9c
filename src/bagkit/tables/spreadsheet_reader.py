"""Reading the spreadsheets that we write: every row as it was.

It reads what ``spreadsheets`` writes and what a spreadsheet program makes of numbers
and texts in cells; formulas, shared strings and styles it does not know.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.parsing import iter_parsed_batches
from bagkit.tables.schema import ColumnKind, TableSchema
from bagkit.tables.spreadsheet_cells import parse_date, parse_time
from bagkit.tables.spreadsheet_texts import unescape_text
from bagkit.tables.spreadsheets import LONG_TEXT_HEADER, LONG_TEXTS
from bagkit.tables.times import DEFAULT_ZONE, format_times, from_wall_clock

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LETTERS = re.compile("[A-Z]+")
_Place = tuple[int, str]


def read_sheets(path: Path, schema: TableSchema) -> pa.Table:
    """Return the table that ``write_sheets`` wrote.

    Raises:
        TableError: If the file is not such a spreadsheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            long_texts = _read_long_texts(archive)
            rows = _iter_rows(archive, schema, long_texts)
            batches = list(iter_parsed_batches(schema, rows))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        message = f"Found no spreadsheet of table {schema.name!r}: {error}"
        raise TableError(message) from error
    return pa.Table.from_batches(batches, schema.arrow_schema())


def _iter_rows(
    archive: zipfile.ZipFile, schema: TableSchema, long_texts: Mapping[_Place, str]
) -> Iterator[list[object]]:
    names = [column.name for column in schema.columns]
    zone = schema.time_zone
    for number, cells in enumerate(_iter_cells(archive, names), 1):
        row: list[object] = []
        for place, column in enumerate(schema.columns):
            cell = cells.get(place)
            value = None if cell is None else _parse_cell(*cell, column.kind, zone)
            if isinstance(value, str):
                value += long_texts.get((number, names[place]), "")
            row.append(value)
        yield row


def _read_long_texts(archive: zipfile.ZipFile) -> dict[_Place, str]:
    texts: dict[_Place, list[str]] = {}
    for cells in _iter_cells(archive, LONG_TEXT_HEADER, is_long=True):
        row, column, _, text = (cells[place][1] for place in range(4))
        texts.setdefault((int(row), column), []).append(text)
    return {place: "".join(pieces) for place, pieces in texts.items()}


def _iter_cells(
    archive: zipfile.ZipFile, header: Sequence[str], *, is_long: bool = False
) -> Iterator[dict[int, tuple[str, str]]]:
    """Yield the rows below the headers: by column, a cell's type and its text."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    for number, sheet in enumerate(book.iter(f"{_MAIN}sheet"), 1):
        if sheet.attrib["name"].startswith(LONG_TEXTS) is not is_long:
            continue
        with archive.open(f"xl/worksheets/sheet{number}.xml") as file:
            rows = _iter_sheet(file)
            found = [text for _, text in next(rows, {}).values()]
            if found != list(header):
                raise ValueError(f"found another header, expected {list(header)}")
            yield from rows


def _iter_sheet(file: IO[bytes]) -> Iterator[dict[int, tuple[str, str]]]:
    # Expat refuses entities that grow without measure, and opens nothing from outside.
    events = ElementTree.iterparse(file, ("start", "end"))  # noqa: S314
    rows = next(element for _, element in events if element.tag == f"{_MAIN}sheetData")
    for event, element in events:
        if event == "end" and element.tag == f"{_MAIN}row":
            yield dict(_read_cell(cell) for cell in element if len(cell))
            rows.clear()


def _read_cell(cell: ElementTree.Element) -> tuple[int, tuple[str, str]]:
    letters = _LETTERS.match(cell.attrib["r"])
    if letters is None:
        raise ValueError("found a cell without a column")
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - ord("A") + 1
    text = "".join(part.text or "" for part in cell.iter() if part is not cell)
    kind = cell.attrib.get("t", "n")
    return place - 1, (kind, unescape_text(text) if kind == "inlineStr" else text)


def _parse_cell(cell_type: str, text: str, kind: ColumnKind, zone: str) -> object:
    if kind == "string":
        return text
    if kind == "boolean":
        return text == "1"
    if kind == "integer":
        return int(text)
    if cell_type == "inlineStr" or kind == "number":
        return text
    if kind == "datetime":
        moment = from_wall_clock(parse_time(text), zone)
        moments = pa.array([moment]).cast(pa.timestamp("us", DEFAULT_ZONE))
        return format_times(moments)[0].as_py()
    return (
        pa.array([parse_date(text)], pa.int32())
        .cast(pa.date32())[0]
        .as_py()
        .isoformat()
    )
