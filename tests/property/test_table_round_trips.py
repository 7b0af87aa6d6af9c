"""Rows become a file and the same rows again, in every dialect."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bagkit.tables import (
    Column,
    Dialect,
    TableSchema,
    iter_row_batches,
    read_table,
    write_table,
)

Row = tuple[object, ...]

SCHEMA = TableSchema(
    name="odd_rows",
    title="Odd rows",
    description="One column of each kind.",
    columns=(
        Column("text", "string", "Any text."),
        Column("=name,\r\n\x01odd", "string", "Another."),
        Column("count", "integer", "Any integer."),
        Column("share", "number", "Any number.", unit="percent"),
        Column("is_so", "boolean", "Yes or no."),
        Column("seen_at", "datetime", "Any moment."),
        Column("born_on", "date", "Any day."),
    ),
)
ONE_COLUMN = TableSchema(
    name="one", title="", description="", columns=(Column("a", "string", ""),)
)
NASTY = [
    *("", " ", "'", "''=1", "=1+1", " =1", "\t", "\ta", "\r", "\ra", "\x00", "\x00a"),
    *("@a", "+1", "-1", "\u00a0=1", "\u3000@x", "\uff1d1", "\ufeff=1", "\u2028-1"),
    *("a\r\nb", "\n", 'a"b', '""', ",", "nan", "null", "N/A", "true", "007", "1" * 20),
    *("_x0041_", "_x0041_x0042_", "_x0041\x01", "_x005F_x0041_", "<r><t>a</t></r>"),
    *("<r>", "&lt;", "]]>", "\ufffe\uffff", "\x0b\x1f\x7f\x85", "\U0010ffff", "\u2029"),
    *("https://a.example", "{=1}", "\N{GRINNING FACE}" * 20_000, "</script>"),
]
texts = st.none() | st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8"))
moments = st.datetimes(timezones=st.just(UTC)) | st.sampled_from(
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1899, 12, 31, tzinfo=UTC),
        datetime(1900, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 23, 10, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
)
rows = st.tuples(
    texts,
    texts,
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.just(10**15),
    st.none() | st.floats(),
    st.none() | st.booleans(),
    st.none() | moments,
    st.none() | st.dates() | st.just(date(1900, 2, 28)),
)
EACH = pytest.mark.parametrize("dialect", Dialect, ids=lambda dialect: dialect.value)


def carry(rows: list[Row], dialect: Dialect, schema: TableSchema = SCHEMA) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{dialect.suffix}"
        with path.open("w+b") as file:
            batches = iter_row_batches(schema, rows, batch_rows=2)
            summary = write_table(batches, schema, file, dialect=dialect)
        assert summary.row_count == len(rows)
        assert summary.byte_count == path.stat().st_size
        return read_table(path, schema, dialect)


def list_rows(table: pa.Table) -> list[tuple[str, ...]]:
    """Return rows in which what is not a number equals itself."""
    return [tuple(map(repr, row.values())) for row in table.to_pylist()]


@EACH
@settings(max_examples=60)
@given(written=st.lists(rows, max_size=6))
@example(written=[(text, text, *[None] * 5) for text in NASTY])
@example(written=[(None,) * 7] * 3)
def test_rows_come_back_exactly(dialect: Dialect, written: list[Row]) -> None:
    batches = iter_row_batches(SCHEMA, written)
    expected = pa.Table.from_batches(batches, SCHEMA.arrow_schema())

    read = carry(written, dialect)

    assert read.schema == SCHEMA.arrow_schema()
    assert list_rows(read) == list_rows(expected)


@EACH
@pytest.mark.parametrize("text", [None, "", "a"])
def test_one_column_keeps_every_row(dialect: Dialect, text: str | None) -> None:
    written: list[Row] = [(text,), (None,), ("",), (text,)]

    read = carry(written, dialect, ONE_COLUMN)

    assert read["a"].to_pylist() == [text, None, "", text]


@EACH
@pytest.mark.parametrize("character", ["a", "=", '"', "\x01", "\U0001f600"])
def test_a_cell_of_ten_megabytes_comes_back(dialect: Dialect, character: str) -> None:
    text = character * (10_000_000 // len(character.encode()))

    read = carry([(text,), ("b",)], dialect, ONE_COLUMN)

    # Not compared by the assertion itself: it would print both.
    is_same = read["a"].to_pylist() == [text, "b"]
    assert is_same


@EACH
@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]
)
@given(st.lists(moments | st.none(), max_size=20))
@example([datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(4)])
@example([datetime(2026, 3, 29, hour, 30, tzinfo=UTC) for hour in range(4)])
@settings(max_examples=40)
def test_times_by_the_clock_of_a_zone_come_back(
    dialect: Dialect, zone: str, seen: list[datetime | None]
) -> None:
    schema = TableSchema(
        name="times",
        title="",
        description="",
        columns=(Column("at", "datetime", ""), Column("n", "integer", "")),
        time_zone=zone,
    )
    rows: list[Row] = [(moment, number) for number, moment in enumerate(seen)]

    table = carry(rows, dialect, schema)

    assert table.column("at").to_pylist() == seen
