"""A program that reads a SQLite file as Arrow, in a process of its own.

The driver brings its own copy of SQLite. Two copies in one process would undo each
other's locks on the file, and the database would be damaged (ADR 0064). So nothing but
this program may load the driver, and nobody imports this program.

It is started with the file, the rows of a batch and, for each lane, two descriptors:
requests come on the first, answers go to the second. A request is ``marshal`` of
``(sql, parameters, names of types)`` behind its length; without types the answer is
one number, otherwise an Arrow stream. Before either stands one line: empty, or what
went wrong.

Source: SQLite, "How To Corrupt An SQLite Database File", section 2.2.1.
"""

import marshal
import struct
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, BinaryIO

import adbc_driver_sqlite.dbapi
import pyarrow as pa

TRIES = 20
"""How often several connections try to see the same moment, before one reads alone."""
BUFFER_BYTES = 1 << 20
LENGTH = struct.Struct("<L")
_TYPES = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}
_SAMPLES = {"text": "''", "integer": "0", "number": "0.5"}


def open_cursors(stack: ExitStack, path: str, lanes: int) -> list[Any]:
    """Open a database file for reading and begin the snapshot.

    Args:
        stack: Closes everything in the end.
        path: The database's file.
        lanes: Connections that read side by side, at most; all see the same.
    """
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    cursors = []
    for _ in range(lanes):
        connection = adbc_driver_sqlite.dbapi.connect(uri, autocommit=True)
        stack.enter_context(closing(connection))
        cursors.append(stack.enter_context(closing(connection.cursor())))
    if not any(_begin_together(cursors) for _ in range(TRIES)):
        del cursors[1:]
        _begin_together(cursors)
    return cursors


def _begin_together(cursors: list[Any]) -> bool:
    """Begin a transaction on each connection; roll back if they see different things.

    A connection's data version is another one when somebody else wrote in between. The
    first connection looks after all others have looked, and they look once more.
    """
    first, *others = cursors
    before = [_fetch_version(cursor) for cursor in others]
    first.execute("BEGIN")
    _fetch_version(first)
    for cursor in others:
        cursor.execute("BEGIN")
    if before == [_fetch_version(cursor) for cursor in others]:
        return True
    for cursor in cursors:
        cursor.execute("ROLLBACK")
    return False


def _fetch_version(cursor: Any) -> int:
    # Reading it is a read of the database, so it fixes what a transaction sees.
    cursor.execute("PRAGMA data_version")
    rows = cursor.fetchall()
    return int(rows[0][0])


def serve(cursor: Any, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    with requests, answers:
        while head := requests.read(LENGTH.size):
            body = requests.read(LENGTH.unpack(head)[0])
            sql, parameters, types = marshal.loads(body)  # noqa: S302 - our parent
            try:
                _answer(cursor, sql, parameters or None, types, answers)
            except adbc_driver_sqlite.dbapi.Error as error:
                text = " ".join(str(error).split())[:500]
                answers.write(f"{text}\n".encode())
            answers.flush()


def _answer(
    cursor: Any,
    sql: str,
    parameters: list[Any] | None,
    types: list[str] | None,
    answers: BinaryIO,
) -> None:
    cursor.execute(sql, parameters)
    if types is None:
        number = int(cursor.fetchall()[0][0])
        answers.write(b"\n" + number.to_bytes(8, "little"))
        return
    batches = cursor.fetch_record_batch()
    skip = 0
    if batches.schema.types != [_TYPES[name] for name in types]:
        # The driver takes a column's type from its first rows, and fails later when
        # they were all null; so the query is begun again behind a row of samples.
        batches.close()
        cursor.execute(_lead_with_samples(sql, types), parameters)
        batches, skip = cursor.fetch_record_batch(), 1
    answers.write(b"\n")
    with pa.ipc.new_stream(answers, batches.schema) as stream:
        for batch in batches:
            stream.write_batch(batch.slice(skip))
            skip = 0


def _lead_with_samples(sql: str, types: list[str]) -> str:
    """Return a query whose first row has a value of the right type in each column.

    The limit, which limits nothing, keeps SQLite from leaving out the inner order.
    """
    samples = ", ".join(_SAMPLES[name] for name in types)
    rows = f"SELECT * FROM ({sql}) LIMIT -1"  # noqa: S608 - a query of Django's
    return f"SELECT {samples} UNION ALL SELECT * FROM ({rows})"  # noqa: S608


def main(path: str, batch_rows: str, descriptors: list[int]) -> None:
    """Open the snapshot, say how many lanes see it, and serve each."""
    pairs = [
        (
            open(requests, "rb"),  # noqa: PTH123, SIM115 - descriptors; serve closes
            open(answers, "wb", BUFFER_BYTES),  # noqa: PTH123, SIM115
        )
        for requests, answers in zip(descriptors[::2], descriptors[1::2], strict=True)
    ]
    with ExitStack() as stack:
        cursors = open_cursors(stack, path, len(pairs))
        for cursor in cursors:
            options = {"adbc.sqlite.query.batch_rows": batch_rows}
            cursor.adbc_statement.set_options(**options)
        pairs[0][1].write(bytes([len(cursors)]))
        pairs[0][1].flush()
        threads = [
            threading.Thread(target=serve, args=(cursor, *pair))
            for cursor, pair in zip(cursors, pairs[: len(cursors)], strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [int(argument) for argument in sys.argv[3:]])
