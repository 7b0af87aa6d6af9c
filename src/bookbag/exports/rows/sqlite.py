"""SQLite as Arrow: read by a process of its own, which alone loads the driver.

In WAL mode readers neither wait for a writer nor make one wait. Source: ADR 0064.
"""

import marshal
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from bagkit.tables import ColumnKind, TableSchema
from bookbag.exports.rows.queries import RowQuery

PROGRAM = Path(__file__).with_name("sqlite_reader.py")
BATCH_ROWS = 16_384
LENGTH = struct.Struct("<L")
_TYPES: dict[ColumnKind, str] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "integer",
    "datetime": "text",
    "date": "text",
}


@contextmanager
def open_sqlite(path: str, lanes: int) -> Iterator[list["SqliteReader"]]:
    """Open a database file for reading and begin the snapshot.

    Args:
        path: The database's file.
        lanes: Connections that read side by side, at most; all see the same.

    Raises:
        sqlite3.OperationalError: If it cannot be read.
    """
    with ExitStack() as stack:
        ours: list[tuple[BinaryIO, BinaryIO]] = []
        theirs: list[int] = []
        for _ in range(lanes):
            their_requests, requests = os.pipe()
            answers, their_answers = os.pipe()
            theirs += [their_requests, their_answers]
            ours.append(
                (
                    stack.enter_context(open(requests, "wb", 0)),  # noqa: PTH123 - a descriptor
                    stack.enter_context(open(answers, "rb")),  # noqa: PTH123 - likewise
                )
            )
        # Without -P the program's own folder would be searched for modules first.
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", PROGRAM, path, str(BATCH_ROWS), *map(str, theirs)],
            pass_fds=theirs,
            # Gives back what it frees, where the usual pool keeps it.
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
            stdin=subprocess.DEVNULL,
        )
        stack.callback(_end, process)
        for descriptor in theirs:
            os.close(descriptor)
        count = ours[0][1].read(1)
        if not count:
            raise _ended()
        yield [SqliteReader(*pair) for pair in ours[: count[0]]]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()  # it only reads
    process.wait()


def _ended() -> sqlite3.OperationalError:
    return sqlite3.OperationalError("the process that reads the database has ended")


class SqliteReader:
    """Asks one lane of the reading process.

    Invariants: used by one thread at a time; the rows of one query are read, or
    closed, before the next question.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers

    def prepare(self, query: RowQuery) -> RowQuery:
        """Return the query itself: SQLite takes parameters."""
        return query

    def count(self, query: RowQuery) -> int:
        """Return the number that a query returns."""
        self._ask(query, None)
        return int.from_bytes(self._answers.read(8), "little")

    def iter_batches(
        self, schema: TableSchema, query: RowQuery
    ) -> Iterator[pa.RecordBatch]:
        """Begin reading rows of SQLite's types."""
        self._ask(query, [_TYPES[column.kind] for column in schema.columns])
        return self._iter_stream()

    def _iter_stream(self) -> Iterator[pa.RecordBatch]:
        stream = iter(pa.ipc.open_stream(self._answers))
        try:
            yield from stream
        except (pa.ArrowException, OSError) as error:
            raise _ended() from error
        finally:
            with suppress(pa.ArrowException, OSError, ValueError):
                for _batch in stream:  # so that the next answer is read from its start
                    pass

    def _ask(self, query: RowQuery, types: list[str] | None) -> None:
        parameters = [_adapt(value) for value in query.params]
        body = marshal.dumps((query.to_question_marks(), parameters, types))
        try:
            self._requests.write(LENGTH.pack(len(body)) + body)
        except BrokenPipeError as error:
            raise _ended() from error
        trouble = self._answers.readline()
        if not trouble:
            raise _ended()
        if trouble != b"\n":
            raise sqlite3.OperationalError(trouble.decode().strip())


def _adapt(value: object) -> object:
    # Members of enumerations are numbers or texts too, but of a class of their own.
    if isinstance(value, int):
        return int(value)
    return str(value) if isinstance(value, str | Decimal) else value
