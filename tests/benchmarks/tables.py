"""Two million rows like those of the access log, and one way to write them as CSV.

Run as a program it is the process that is measured: ``tables.py DATABASE_URL TARGET``.
"""

import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dj_database_url
import psycopg
from django.conf import settings

from bagkit.tables import Column, TableSchema, write_table
from bookbag.exports.rows import RowQuery, open_snapshot
from bookbag.exports.rows.queries import PART_ROWS

SEED = 20261122
ROW_COUNT = 2_000_000
COLUMNS = (
    ("username", "varchar(150)"),
    ("email", "varchar(254)"),
    ("first_name", "varchar(150)"),
    ("last_name", "varchar(150)"),
    ("occurred_at", "{time}"),
    ("access_type", "varchar(20)"),
    ("assignment_name", "varchar(200)"),
    ("role", "varchar(20)"),
    ("project_path", "varchar(500)"),
    ("ip_address", "{address}"),
)
NAMES = ", ".join(name for name, _ in COLUMNS)
QUERY = f"SELECT {NAMES} FROM access ORDER BY id"  # noqa: S608 - constants
PART = QUERY.replace("ORDER", "WHERE id >= %s AND id < %s ORDER")
LANES = 2
SCHEMA = TableSchema(
    name="user_access",
    title="User access",
    description="Rows to measure with.",
    columns=tuple(
        Column(name, "datetime" if name == "occurred_at" else "string", "")
        for name, _ in COLUMNS
    ),
)


def iter_rows() -> Iterator[tuple[object, ...]]:
    """Yield the same rows on every machine; half of them have no assignment."""
    chooser = random.Random(SEED)  # noqa: S311 - the same rows each time
    begin = datetime(2026, 6, 1)  # noqa: DTZ001 - as Django keeps times in SQLite
    for number in range(ROW_COUNT):
        person = chooser.randrange(3_000)
        is_login = chooser.random() < 0.5
        moment = begin + timedelta(microseconds=chooser.randrange(15 * 10**12))
        yield (
            number,
            f"student{person:05}",
            f"student{person:05}@school.example",
            f"First{person % 200}",
            f"Last{person % 900}",
            str(moment),
            "Log In" if is_login else "Project Open",
            None if is_login else f"Assignment {person % 30}",
            "Student",
            None if is_login else f"workspace/project-{person}/a{person % 30}",
            f"10.{person % 200}.{chooser.randrange(255)}.{chooser.randrange(255)}",
        )


def make_sqlite(path: Path) -> str:
    """Make the table in a file, and return the database's address."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(_create_table(time="datetime", address="char(39)"))
    places = ", ".join("?" * (len(COLUMNS) + 1))
    connection.executemany(f"INSERT INTO access VALUES ({places})", iter_rows())  # noqa: S608
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


def make_postgres(url: str) -> None:
    """Make the table in a database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(_create_table(time="timestamptz", address="inet").encode())
        with connection.cursor().copy("COPY access FROM STDIN") as copy:
            for row in iter_rows():
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE access")


def write_access(target: Path) -> None:
    """Write the rows as an export does."""
    parts = [
        RowQuery(sql=PART, params=(low, low + PART_ROWS))
        for low in range(0, ROW_COUNT, PART_ROWS)
    ]
    with open_snapshot(lanes=LANES) as snapshot, target.open("wb") as file:
        write_table(snapshot.read(SCHEMA, parts), SCHEMA, file)


def _create_table(*, time: str, address: str) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
    types = columns.format(time=time, address=address)
    return f"CREATE TABLE access (id integer PRIMARY KEY, {types})"


if __name__ == "__main__":
    databases = {"default": dj_database_url.parse(sys.argv[1])}
    settings.configure(DATABASES=databases, USE_TZ=True)
    begin = time.perf_counter()
    write_access(Path(sys.argv[2]))
    # What a worker that runs already spends; the rest is Python's start.
    print(time.perf_counter() - begin)  # noqa: T201
