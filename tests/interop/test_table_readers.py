"""Other people's readers see in our tables what we wrote."""

import csv
import json
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import frictionless
import openpyxl
import pytest

from bagkit.tables import (
    Dialect,
    describe_package,
    describe_table,
    read_table,
    spreadsheets,
)
from tests.property.test_table_round_trips import NASTY
from tests.services import require_service
from tests.unit.tables.tables import make_schema, write_rows
from tests.unit.tables.test_dialects import KINDS, MOMENT, ROWS

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
LINK = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TEXTS = make_schema(text="string")
FORBIDDEN = [text for text in NASTY if any(c < " " and c not in "\t\n" for c in text)]


def write_file(path: Path, schema: object, rows: object, dialect: Dialect) -> Path:
    content, _ = write_rows(schema, rows, dialect)  # type: ignore[arg-type]  # as given
    path.write_bytes(content)
    return path


def test_a_spreadsheet_has_typed_cells(tmp_path: Path) -> None:
    rows = [*ROWS, ("007", 10**15, 0.1 + 0.2, False, MOMENT, date(1900, 1, 1))]
    path = write_file(tmp_path / "a.xlsx", KINDS, rows, Dialect.XLSX)

    sheet = openpyxl.load_workbook(path)["things"]
    header, first, second, _, last = sheet.iter_rows(values_only=True)

    moment = datetime(2026, 11, 23, 10)  # noqa: DTZ001 - spreadsheets know no zones
    assert header == ("text", "count", "share", "is_so", "at", "on")
    day = datetime(2026, 11, 23)  # noqa: DTZ001
    assert first == ("=a", -5, -0.5, True, moment, day)
    assert second[1] == 0
    assert last == ("007", str(10**15), 0.1 + 0.2, False, moment, "1900-01-01")


def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    rows = [(text,) for text in NASTY]
    path = write_file(tmp_path / "a.xlsx", TEXTS, rows, Dialect.XLSX)

    sheet = openpyxl.load_workbook(path)["things"]

    kinds = {cell.data_type for (cell,) in sheet.iter_rows(min_row=2) if cell.value}
    with zipfile.ZipFile(path) as archive:
        cells = archive.read("xl/worksheets/sheet1.xml")
    assert kinds <= {"s", "inlineStr"}
    assert b"<f>" not in cells
    assert b"hyperlink" not in cells
    assert sheet.max_row == len(NASTY) + 1


def test_what_could_not_be_written_as_it_is_is_counted() -> None:
    rows = [(text,) for text in [*NASTY, "a" * 32_767, "a" * 32_768]]

    _, summary = write_rows(TEXTS, rows, Dialect.XLSX)
    described = describe_table(TEXTS, summary, "a.xlsx")

    # The faces among the nasty texts take two units each.
    assert (described["longCells"], described["sheets"]) == (2, 1)
    assert described["escapedCells"] == len(FORBIDDEN) + 1  # U+FFFE


@pytest.mark.parametrize(("rows", "sheets"), [(3, 1), (4, 2), (7, 3)])
def test_rows_go_on_in_a_further_sheet(
    rows: int, sheets: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_SHEET_ROWS", 4)
    texts = [str(number) for number in range(rows)]
    path = write_file(tmp_path / "a.xlsx", TEXTS, [(t,) for t in texts], Dialect.XLSX)

    book = openpyxl.load_workbook(path)

    assert book.sheetnames == ["things", "things 2", "things 3"][:sheets]
    assert [sheet["A1"].value for sheet in book] == ["text"] * sheets
    assert max(sheet.max_row for sheet in book) == 4
    assert read_table(path, TEXTS, Dialect.XLSX)["text"].to_pylist() == texts


def test_pythons_csv_reader_sees_the_same_texts(tmp_path: Path) -> None:
    texts = [text for text in NASTY if "\x00" not in text]
    rows = [(text,) for text in texts]
    path = write_file(tmp_path / "a.csv", TEXTS, rows, Dialect.CSV_EXACT)

    with path.open(encoding="utf-8", newline="") as file:
        read = [row[0] for row in csv.reader(file)]

    assert read == ["text", *texts]


@pytest.mark.parametrize("dialect", [Dialect.CSV, Dialect.CSV_EXACT])
def test_frictionless_takes_table_and_descriptor(
    dialect: Dialect, tmp_path: Path
) -> None:
    # It takes a record without any value for a mistake.
    content, summary = write_rows(KINDS, ROWS[:2], dialect)
    (tmp_path / "things.csv").write_bytes(content)
    resource = describe_table(KINDS, summary, "things.csv")
    package = describe_package("a", "A", "2026-11-23T10:00:00Z", [resource])
    (tmp_path / "datapackage.json").write_text(json.dumps(package))

    report = frictionless.validate(str(tmp_path / "datapackage.json"))

    assert report.flatten(["type", "rowNumber", "note"]) == []


@pytest.mark.parametrize("dialect", [Dialect.CSV, Dialect.XLSX])
def test_a_spreadsheet_program_finds_no_formula(
    tmp_path: Path, dialect: Dialect
) -> None:
    require_service("office")
    schema = make_schema(text="string", count="integer")
    texts = [text for text in NASTY if "\0" not in text and len(text) < 1_000]
    rows = [(text, -5) for text in texts]
    path = write_file(tmp_path / f"a{dialect.suffix}", schema, rows, dialect)

    subprocess.run(  # noqa: S603 - a program of the machine
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",  # noqa: S607
         "--convert-to", "fods", "--outdir", tmp_path, path],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    opened = ElementTree.parse(tmp_path / "a.fods")  # noqa: S314 - of our own file
    cells = [
        c
        for c in opened.iter(f"{TABLE}table-cell")
        if f"{OFFICE}value-type" in c.attrib
    ]
    kinds = [cell.attrib[f"{OFFICE}value-type"] for cell in cells]
    assert not any(f"{TABLE}formula" in cell.attrib for cell in cells)
    assert not list(opened.iter(f"{LINK}a"))
    # The numbers are numbers, and all that begins like a formula is a text.
    assert kinds.count("float") >= len(rows)
    formulas = sum(text.lstrip().startswith(("=", "+", "-", "@")) for text in texts)
    assert kinds.count("string") >= formulas > 5
