"""A table of an archive that is read from a queryset."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

from bagkit.archive import TableSource
from bagkit.tables import TableSchema
from bookbag.exports.rows.snapshots import Snapshot


def table_source(
    snapshot: Snapshot, schema: TableSchema, rows: QuerySet[Any], fields: str
) -> TableSource:
    """Return a table of an archive, read in a snapshot when it is written.

    Shape: one column of the schema for each field, in the same order.

    Args:
        snapshot: The look at the database that all tables of the export share.
        schema: The table as the archive describes it.
        rows: What to read, in the order to write.
        fields: Field names, separated by blanks.
    """

    def iter_batches() -> Iterator[pa.RecordBatch]:
        return snapshot.read_rows(schema, rows, fields)

    return TableSource(schema=schema, batches=iter_batches)
