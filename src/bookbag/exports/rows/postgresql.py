"""PostgreSQL through ADBC: one repeatable-read transaction, rows by binary COPY."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi
import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import make_conninfo

from bagkit.tables import ColumnKind, TableSchema
from bookbag.exports.rows.queries import RowQuery

BATCH_BYTES = 2 << 20
_CASTS: dict[ColumnKind, str] = {
    "string": "::text",
    "integer": "::int8",
    "number": "::float8",
    "boolean": "::boolean",
    "datetime": "::timestamptz",
    "date": "::date",
}
# Cast to text, an address shows a net mask that it has not.
_TO_TEXT = {"inet": "textin(inet_out({}))"}
_AS_THEY_ARE: dict[ColumnKind, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "datetime": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}
_OF_DJANGO = ("context", "cursor_factory", "prepare_threshold", "client_encoding")


@contextmanager
def open_postgres(
    connection: BaseDatabaseWrapper, lanes: int
) -> Iterator[list["PostgresReader"]]:
    """Open connections to Django's database and begin the snapshot.

    Args:
        connection: Django's connection, which knows the address and how to quote.
        lanes: Connections that read side by side; all see the same.
    """
    parameters = connection.get_connection_params()
    known = {name: parameters[name] for name in parameters if name not in _OF_DJANGO}
    uri = make_conninfo("", **known)
    connection.ensure_connection()
    with ExitStack() as stack:
        cursors: list[Any] = []
        for _ in range(lanes):
            own = stack.enter_context(
                closing(adbc_driver_postgresql.dbapi.connect(uri))
            )
            cursor = stack.enter_context(closing(own.cursor()))
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # A reader holds no lock, and may be silent while rows are written.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursors.append(cursor)
        # The first SELECT fixes what is seen; the others take over what the first sees.
        cursors[0].execute("SELECT pg_export_snapshot()")
        name = str(cursors[0].fetchall()[0][0])
        for cursor in cursors[1:]:
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{name}'")
        yield [PostgresReader(cursor, connection.ops) for cursor in cursors]


class PostgresReader:
    """Reads Arrow from PostgreSQL."""

    def __init__(self, cursor: Any, operations: Any) -> None:
        self._cursor = cursor
        self._operations = operations
        options = {"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        cursor.adbc_statement.set_options(**options)

    def prepare(self, query: RowQuery) -> RowQuery:
        """Return the query with its parameters quoted into it.

        COPY takes no parameters, so Django and psycopg quote them, in Django's thread.
        """
        unordered = query.unordered
        return RowQuery(
            sql=self._quote(query),
            unordered=None
            if unordered is None
            else RowQuery(sql=self._quote(unordered)),
        )

    def count(self, query: RowQuery) -> int:
        """Return the number that a prepared query returns."""
        self._cursor.execute(query.sql)
        return int(self._cursor.fetchall()[0][0])

    def iter_batches(
        self, schema: TableSchema, query: RowQuery
    ) -> Iterator[pa.RecordBatch]:
        """Begin reading rows of the table's types; PostgreSQL casts what has others."""
        sql = query.sql
        found = self._cursor.adbc_execute_schema(sql)
        names = [f"c{place}" for place in range(len(found))]
        columns = [
            _cast_column(name, field, column.kind)
            for name, field, column in zip(names, found, schema.columns, strict=False)
        ]
        if columns != names:
            chosen = ", ".join(columns)
            aliases = ", ".join(names)
            sql = f"SELECT {chosen} FROM ({sql}) AS chosen({aliases})"  # noqa: S608
        self._cursor.execute(sql)
        return iter(self._cursor.fetch_record_batch())

    def _quote(self, query: RowQuery) -> str:
        return str(self._operations.compose_sql(query.sql, query.params))


def _cast_column(name: str, field: pa.Field, kind: ColumnKind) -> str:
    if field.type == _AS_THEY_ARE[kind]:
        return name
    found = (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()
    if kind == "string" and found in _TO_TEXT:
        return _TO_TEXT[found].format(name)
    return name + _CASTS[kind]
