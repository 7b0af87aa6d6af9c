"""One consistent look at the database, for all tables of one export.

Through ADBC, on connections of its own, rows come straight as Arrow; inside of a
transaction (a test, a service) through Django's own cursor, which alone sees what that
transaction wrote. Both give the same batches.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from bagkit.errors import TableError
from bagkit.tables import TableSchema
from bookbag.exports.rows.conversions import fit_batch
from bookbag.exports.rows.cursors import CursorReader
from bookbag.exports.rows.postgresql import open_postgres
from bookbag.exports.rows.queries import RowQuery, compile_rows
from bookbag.exports.rows.read_ahead import ReadAhead, read_ahead
from bookbag.exports.rows.sqlite import open_sqlite

Part: TypeAlias = pa.RecordBatch | None


class Reader(Protocol):
    """A connection that reads in one transaction."""

    def prepare(self, query: RowQuery) -> RowQuery:
        """Return the query as the other methods take it, in the caller's thread."""

    def count(self, query: RowQuery) -> int:
        """Return the number that a query returns."""

    def iter_batches(
        self, schema: TableSchema, query: RowQuery
    ) -> Iterator[pa.RecordBatch]:
        """Begin reading the rows of a query."""


class Cover(Protocol):
    """What stands in tables in place of people."""

    def read_rows(
        self,
        snapshot: "Snapshot",
        schema: TableSchema,
        rows: QuerySet[Any],
        fields: str,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table with pseudonyms in it."""

    def name_person(self, key: int) -> str:
        """Return the pseudonym of the person of a key."""

    def cover_text(self, text: str) -> str:
        """Return a text with pseudonyms for all that it calls people."""


class Snapshot:
    """What a database held at one moment.

    Invariants: used by one thread, one table after the other.
    """

    def __init__(self, readers: Sequence[Reader], *, has_threads: bool) -> None:
        self._readers = readers
        self._has_threads = has_threads
        self.cover: Cover | None = None
        """What hides people, in an export that names none."""

    def read_rows(
        self, schema: TableSchema, rows: QuerySet[Any], fields: str
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a queryset, people as the export may show them.

        Args:
            schema: The table, with a column for each field.
            rows: What to read, in the order to write.
            fields: Field names, separated by blanks.
        """
        if self.cover is not None:
            return self.cover.read_rows(self, schema, rows, fields)
        return self.read(schema, compile_rows(rows, fields))

    def read(
        self, schema: TableSchema, queries: Sequence[RowQuery]
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table as its record batches.

        Args:
            schema: The table.
            queries: Parts of the table in their order; the snapshot's connections read
                several of them at once. None at all is a table without rows.

        Raises:
            TableError: If there are other rows than the database counts in the same
                snapshot, or a value does not fit its column.
        """
        uuid_columns = queries[0].uuid_columns if queries else frozenset[int]()
        for batch in self._iter_parts(schema, queries):
            yield fit_batch(batch, schema, uuid_columns)

    def count(self, queries: Sequence[RowQuery]) -> int:
        """Return how many rows some queries have."""
        reader = self._readers[0]
        prepared = [reader.prepare(query) for query in queries]
        return sum(reader.count(query.counting()) for query in prepared)

    def _iter_parts(
        self, schema: TableSchema, queries: Sequence[RowQuery]
    ) -> Iterator[pa.RecordBatch]:
        count = len(self._readers)
        lanes: list[Generator[Part, None, None] | ReadAhead[Part]] = []
        for number, reader in enumerate(self._readers):
            prepared = [reader.prepare(query) for query in queries[number::count]]
            rows = iter_lane(reader, schema, prepared)
            lanes.append(read_ahead(rows) if self._has_threads else rows)
        try:
            for number in range(len(queries)):
                while (batch := next(lanes[number % count])) is not None:
                    yield batch
        finally:
            for lane in lanes:
                lane.close()


def iter_lane(
    reader: Reader, schema: TableSchema, queries: Sequence[RowQuery]
) -> Generator[Part, None, None]:
    """Yield the batches of one connection's parts, and None after each part.

    Raises:
        TableError: If a part has other rows than the database counts.
    """
    for query in queries:
        expected = reader.count(query.counting())
        found = 0
        for batch in reader.iter_batches(schema, query):
            found += batch.num_rows
            yield batch
        if found != expected:
            message = f"Found {found} rows, expected {expected}"
            raise TableError(f"{message}: table {schema.name!r}")
        yield None


@contextmanager
def open_snapshot(
    using: str = DEFAULT_DB_ALIAS, *, lanes: int = 1
) -> Iterator[Snapshot]:
    """Begin a read transaction, and end it with the context.

    Args:
        using: Django's alias of the database.
        lanes: Connections that read the parts of a large table side by side.
    """
    connection = connections[using]
    name = str(connection.settings_dict["NAME"])
    in_memory = name == ":memory:" or "mode=memory" in name
    if connection.in_atomic_block or in_memory:
        yield Snapshot([CursorReader(connection)], has_threads=False)
    elif connection.vendor == "sqlite":
        with open_sqlite(name, lanes) as readers:
            yield Snapshot(readers, has_threads=True)
    else:
        with open_postgres(connection, lanes) as others:
            yield Snapshot(others, has_threads=True)
