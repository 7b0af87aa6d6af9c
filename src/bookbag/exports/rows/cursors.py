"""Reading through a cursor of Django's, in the transaction that is open."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper

from bagkit.tables import TableSchema, iter_row_batches
from bookbag.exports.rows.conversions import fit_rows
from bookbag.exports.rows.queries import RowQuery

BATCH_ROWS = 10_000


class CursorReader:
    """Reads Python's values and makes Arrow of them."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def prepare(self, query: RowQuery) -> RowQuery:
        """Return the query itself: Django takes parameters."""
        return query

    def count(self, query: RowQuery) -> int:
        """Return the number that a query returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(query.sql, query.params)
            return int(cursor.fetchone()[0])

    def iter_batches(
        self, schema: TableSchema, query: RowQuery
    ) -> Iterator[pa.RecordBatch]:
        """Begin reading rows of the table's types."""
        sql = query.sql
        if self._connection.vendor == "sqlite":
            sql = _hide_types(sql, len(schema.columns))
        with self._connection.chunked_cursor() as cursor:
            cursor.execute(sql, query.params)
            rows = self._iter_rows(cursor, schema, query)
            yield from iter_row_batches(schema, rows, batch_rows=BATCH_ROWS)

    def _iter_rows(
        self, cursor: Any, schema: TableSchema, query: RowQuery
    ) -> Iterator[list[object]]:
        while chunk := cursor.fetchmany(BATCH_ROWS):
            yield from fit_rows(chunk, schema, query.uuid_columns)


def _hide_types(sql: str, column_count: int) -> str:
    """Return the query with its columns as expressions, which have no declared type.

    For a column that is declared a time Django makes None of what it cannot read.
    """
    names = ", ".join(f"c{place}" for place in range(column_count))
    values = ", ".join(f"+c{place}" for place in range(column_count))
    return f"WITH chosen({names}) AS ({sql}) SELECT {values} FROM chosen"  # noqa: S608
