"""Rows of a database as Arrow: the same by every way, of one moment, and counted."""

import itertools
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connections, transaction

from bagkit.errors import TableError
from bagkit.tables import Column, TableSchema
from bookbag.exports.rows import RowQuery, Snapshot, open_snapshot, sqlite_reader
from bookbag.exports.rows import sqlite as sqlite_rows
from bookbag.exports.rows.sqlite import open_sqlite

NUMBER = uuid.UUID("12345678-1234-5678-1234-567812345678")
MOMENT = datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC)
SCHEMA = TableSchema(
    name="things",
    title="Things",
    description="One of each kind.",
    columns=(
        Column("name", "string", ""),
        Column("number", "string", ""),
        Column("address", "string", ""),
        Column("count", "integer", ""),
        Column("share", "number", ""),
        Column("is_so", "boolean", ""),
        Column("seen_at", "datetime", ""),
        Column("born_on", "date", ""),
    ),
)
TYPES = {
    "sqlite": "varchar(9), char(32), char(39), smallint, real, bool, datetime, date",
    "postgresql": "varchar(9), uuid, inet, smallint, numeric, bool, timestamptz, date",
}
NAMES = [column.name for column in SCHEMA.columns]
EVERYTHING = RowQuery(
    sql=f"SELECT {', '.join(NAMES)} FROM things WHERE name <> %s OR name IS NULL "  # noqa: S608
    "ORDER BY id",
    params=("10%",),
    uuid_columns=frozenset({1}),
)
FULL = (
    "a=\u00e9\x01",
    str(NUMBER),
    "10.0.0.7",
    5,
    0.25,
    True,
    MOMENT,
    date(2026, 11, 23),
)
WHOLE = ("", str(NUMBER), "::1", -5, 3.0, False, MOMENT.replace(microsecond=0), None)
NOTHING = (None,) * 8
ROWS = [NOTHING, NOTHING, NOTHING, FULL, WHOLE, NOTHING]


@pytest.fixture
def things(database: str) -> str:
    """The alias of a database with a table of every kind of column."""
    connection = connections[database]
    types = TYPES[connection.vendor].split(", ")
    columns = ", ".join(map(" ".join, zip(NAMES, types, strict=True)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE things (id integer PRIMARY KEY, {columns})")
    for number, row in enumerate(ROWS):
        add_thing(database, number, row)
    return database


def add_thing(database: str, number: int, row: tuple[Any, ...]) -> None:
    connection = connections[database]
    values: list[Any] = [number, *row]
    if connection.vendor == "sqlite" and row[1]:
        # As Django's fields write them.
        values[2] = NUMBER.hex
        values[7] = str(row[6].replace(tzinfo=None))
        values[8] = row[7] and row[7].isoformat()
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO things VALUES ({places})", values)  # noqa: S608


def read_rows(snapshot: Snapshot) -> list[tuple[object, ...]]:
    batches = list(snapshot.read(SCHEMA, [EVERYTHING]))
    assert all(batch.schema == SCHEMA.arrow_schema() for batch in batches)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("batch_rows", [2, 3, 100])
def test_arrow_gives_every_kind_also_behind_many_nulls(
    things: str, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_rows, "BATCH_ROWS", batch_rows)

    with open_snapshot(things) as snapshot:
        rows = read_rows(snapshot)

    assert rows == ROWS


def test_a_cursor_gives_the_same(things: str) -> None:
    with transaction.atomic(things), open_snapshot(things) as snapshot:
        rows = read_rows(snapshot)

    assert rows == ROWS


def test_it_sees_one_moment_over_several_reads(things: str) -> None:
    with open_snapshot(things) as snapshot:
        add_thing(things, 10, FULL)
        before = read_rows(snapshot)
        add_thing(things, 11, FULL)
        again = read_rows(snapshot)
    with open_snapshot(things) as snapshot:
        after = read_rows(snapshot)

    assert (before, again, after) == (ROWS, ROWS, [*ROWS, FULL, FULL])


def test_inside_of_a_transaction_it_sees_what_that_wrote(things: str) -> None:
    with transaction.atomic(things):
        add_thing(things, 10, FULL)
        with open_snapshot(things) as snapshot:
            rows = read_rows(snapshot)

    assert rows == [*ROWS, FULL]


def test_a_snapshot_cannot_write(things: str) -> None:
    writing = RowQuery(sql="DELETE FROM things")

    with (
        open_snapshot(things) as snapshot,
        pytest.raises(Exception, match=r"read-?only|syntax error"),
    ):
        list(snapshot.read(SCHEMA, [writing]))


@pytest.mark.parametrize("is_atomic", [True, False])
def test_a_value_of_another_kind_is_refused(things: str, is_atomic: bool) -> None:
    if connections[things].vendor != "sqlite":
        pytest.skip("PostgreSQL's columns hold their own kind only")
    with connections[things].cursor() as cursor:
        cursor.execute("UPDATE things SET seen_at = 'yesterday' WHERE id = 4")
    if is_atomic:
        with transaction.atomic(things):
            fault = find_fault(things)
    else:
        fault = find_fault(things)

    assert "table 'things'" in fault


def find_fault(database: str) -> str:
    with open_snapshot(database) as snapshot, pytest.raises(TableError) as caught:
        read_rows(snapshot)
    return str(caught.value)


def test_other_rows_than_counted_are_refused() -> None:
    class ForgetfulReader:
        def prepare(self, query: RowQuery) -> RowQuery:
            return query

        def count(self, query: RowQuery) -> int:
            return 3

        def iter_batches(
            self, schema: TableSchema, query: RowQuery
        ) -> Iterator[pa.RecordBatch]:
            yield pa.RecordBatch.from_pylist([], schema=schema.arrow_schema())

    snapshot = Snapshot([ForgetfulReader()], has_threads=False)

    with pytest.raises(TableError) as caught:
        list(snapshot.read(SCHEMA, [EVERYTHING]))

    assert str(caught.value) == "Found 0 rows, expected 3: table 'things'"


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_parts_come_in_their_order_by_any_number_of_connections(
    things: str, lanes: int
) -> None:
    parts = [
        RowQuery(
            sql=EVERYTHING.sql.replace("ORDER", "AND FALSE ORDER" if odd else "ORDER")
            .replace("WHERE", "WHERE id >= %s AND id < %s AND (")
            .replace(" IS NULL", " IS NULL)"),
            params=(low, low + 2, "10%"),
            uuid_columns=EVERYTHING.uuid_columns,
        )
        for low, odd in [(-5, False), (0, False), (2, False), (2, True), (4, False)]
    ]

    with open_snapshot(things, lanes=lanes) as snapshot:
        batches = list(snapshot.read(SCHEMA, parts))

    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    assert rows == ROWS


def test_several_connections_see_the_same_moment(things: str) -> None:
    with open_snapshot(things, lanes=2) as snapshot:
        add_thing(things, 10, FULL)
        batches = list(snapshot.read(SCHEMA, [EVERYTHING, EVERYTHING]))

    assert sum(batch.num_rows for batch in batches) == 2 * len(ROWS)


@pytest.mark.parametrize("lanes", [1, 2])
def test_whoever_stops_early_leaves_nothing_open(things: str, lanes: int) -> None:
    before = threading.active_count()

    with open_snapshot(things, lanes=lanes) as snapshot:
        batches = snapshot.read(SCHEMA, [EVERYTHING] * 40)
        next(batches)
        batches.close()  # type: ignore[attr-defined]  # it is a generator

    assert threading.active_count() == before


def test_writers_that_never_rest_leave_one_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "busy.sqlite3"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
    versions = itertools.count()
    monkeypatch.setattr(sqlite_reader, "_fetch_version", lambda _: next(versions))

    with ExitStack() as stack:
        cursors = sqlite_reader.open_cursors(stack, str(path), 2)

        assert len(cursors) == 1


def test_a_reader_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(sqlite3.OperationalError, match="has ended"),
        open_sqlite(str(tmp_path / "missing.sqlite3"), 1),
    ):
        pass
