"""Two million rows as CSV, beside the programs that people know."""

import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.benchmarks import tables
from tests.benchmarks.measuring import Measured, measure_in_turns

ROUNDS = 5
pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_200)]


def show(title: str, measured: list[Measured]) -> None:
    rows = tables.ROW_COUNT
    print(f"\n{title}, {rows:,} rows, median of {ROUNDS}")  # noqa: T201
    for one in measured:
        facts = f"{one.own_seconds:6.2f} s {rows / one.own_seconds:>12,.0f} rows/s"
        share = f"{one.own_seconds / measured[0].own_seconds:.2f} of ours"
        start = f"{one.seconds:6.2f} s with its start"
        peak = f"{one.peak_bytes / 1e6:5.0f} MB"
        print(f"  {one.name:<13} {facts} {peak} {share} {start}")  # noqa: T201


def list_our_command(url: str, target: Path) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.tables", url, str(target)]


def count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def test_from_sqlite(tmp_path: Path) -> None:
    shell = shutil.which("sqlite3") or pytest.skip("sqlite3 is not installed")
    url = tables.make_sqlite(tmp_path / "rows.sqlite3")
    source, target = tmp_path / "rows.sqlite3", tmp_path / "theirs.csv"
    theirs = [shell, "-csv", "-header", str(source)]
    theirs += [f".once {target}", tables.QUERY]

    measured = measure_in_turns(
        {
            "bookbag": list_our_command(url, tmp_path / "ours.csv"),
            "sqlite3 -csv": theirs,
        },
        rounds=ROUNDS,
    )

    show("SQLite", measured)
    assert count_lines(tmp_path / "ours.csv") == count_lines(target)


@pytest.mark.postgres
def test_from_postgresql(tmp_path: Path, postgres_database: str) -> None:
    program = shutil.which("psql") or pytest.skip("psql is not installed")
    tables.make_postgres(postgres_database)
    target = tmp_path / "theirs.csv"
    copy = rf"\copy ({tables.QUERY}) to '{target}' with (format csv, header)"

    measured = measure_in_turns(
        {
            "bookbag": list_our_command(postgres_database, tmp_path / "ours.csv"),
            r"psql \copy": [program, "-q", postgres_database, "-c", copy],
        },
        rounds=ROUNDS,
        environment={"PGPASSWORD": urlsplit(postgres_database).password or ""},
    )

    show("PostgreSQL", measured)
    assert count_lines(tmp_path / "ours.csv") == count_lines(target)
