"""What does not fit is refused, by column and row."""

import io
from pathlib import Path

import pyarrow as pa
import pytest

from bagkit.errors import TableError
from bagkit.tables import (
    Column,
    ColumnKind,
    Dialect,
    TableSchema,
    iter_row_batches,
    read_table,
    spreadsheets,
    write_table,
)
from tests.unit.tables.tables import make_schema, write_rows

EACH = pytest.mark.parametrize("dialect", Dialect, ids=lambda dialect: dialect.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "a\ud800"),
        ("string", 5),
        ("integer", 2**63),
        ("integer", "5"),
        ("datetime", "yesterday"),
    ],
)
def test_a_value_that_does_not_fit_is_named(kind: ColumnKind, value: object) -> None:
    rows = [(None,), (None,), (value,)]

    with pytest.raises(TableError) as caught:
        list(iter_row_batches(make_schema(cell=kind), rows, batch_rows=2))

    message = f"Found a value that is no {kind}: column 'cell', row 3"
    assert str(caught.value) == message


@EACH
def test_bytes_that_are_no_text_are_named(dialect: Dialect) -> None:
    schema = make_schema(text="string")
    odd = pa.array([b"a", None, b"\xff"]).view(pa.string())
    batch = pa.RecordBatch.from_arrays([odd], schema=schema.arrow_schema())

    with pytest.raises(TableError) as caught:
        write_table([batch], schema, io.BytesIO(), dialect=dialect)

    message = "Found a text that is not UTF-8: column 'text', row 3, table 'things'"
    assert str(caught.value) == message


def test_a_missing_value_is_named() -> None:
    columns = (Column("a", "string", "", nullable=False),)
    schema = TableSchema(name="things", title="", description="", columns=columns)

    with pytest.raises(TableError) as caught:
        write_rows(schema, [("a",), (None,)], Dialect.CSV)

    message = "Found no value, expected one: column 'a', row 2, table 'things'"
    assert str(caught.value) == message


def test_a_batch_of_another_table_is_refused() -> None:
    batches = list(iter_row_batches(make_schema(a="string"), [("a",)]))

    with pytest.raises(TableError, match=r"Found columns .*, expected .*'things'"):
        write_table(batches, make_schema(b="string"), io.BytesIO())


@pytest.mark.parametrize(("name", "columns"), [("a b", "a"), ("a", ""), ("a", "aa")])
def test_a_schema_that_contradicts_itself_is_refused(name: str, columns: str) -> None:
    with pytest.raises(TableError, match="Found"):
        TableSchema(
            name=name,
            title="",
            description="",
            columns=tuple(Column(column, "string", "") for column in columns),
        )


@EACH
@pytest.mark.parametrize("content", [b"\n", b"nonsense\r\nb\r\n\x00", b"PK\x03\x04"])
def test_a_file_that_is_no_table_is_refused(
    dialect: Dialect, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    schema = make_schema(count="integer", at="datetime")

    with pytest.raises(TableError, match="table 'things'"):
        read_table(path, schema, dialect)


@EACH
def test_a_file_of_another_table_is_refused(dialect: Dialect, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(write_rows(make_schema(a="string"), [("x",)], dialect)[0])

    with pytest.raises(TableError, match="table 'things'"):
        read_table(path, make_schema(b="string"), dialect)


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    most = spreadsheets.MAX_COLUMNS
    names = {f"c{number}": "string" for number in range(most + 1)}
    schema = make_schema(**names)  # type: ignore[arg-type]  # all are kinds

    with pytest.raises(TableError) as caught:
        write_rows(schema, [], Dialect.XLSX)

    assert str(caught.value) == "Found 16385 columns, limit is 16384: table 'things'"
    assert write_rows(schema, [], Dialect.CSV)[1].row_count == 0
