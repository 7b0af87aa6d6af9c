"""Reading rows must not undo the locks of the process that asks for them."""

import ast
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bookbag.exports.rows import RowQuery
from bookbag.exports.rows.sqlite import open_sqlite

SOURCE = Path(__file__).parents[4] / "src"
WRITE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=0)
database.execute("BEGIN IMMEDIATE")
"""


def other_process_writes(path: Path) -> bool:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITE, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or "database is locked" in done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_writer_keeps_its_lock_while_its_process_reads(
    tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "it.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode={mode}")
        writer.execute("CREATE TABLE things (id INTEGER PRIMARY KEY)")
        assert other_process_writes(path)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO things DEFAULT VALUES")

        with open_sqlite(str(path), 1) as (reader,):
            assert reader.count(RowQuery(sql="SELECT COUNT(*) FROM things")) == 0

        assert not other_process_writes(path)


def test_only_the_program_that_reads_loads_the_driver() -> None:
    importing = {
        path.name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            word in ast.unparse(node)
            for word in ("adbc_driver_sqlite", "rows.sqlite_reader", "sqlite_reader")
        )
    }

    assert importing == {"sqlite_reader.py"}
