"""Small tables for tests of the table engine."""

import io
from collections.abc import Sequence

from bagkit.tables import (
    Column,
    ColumnKind,
    Dialect,
    TableSchema,
    TableSummary,
    iter_row_batches,
    write_table,
)


def make_schema(**kinds: ColumnKind) -> TableSchema:
    return TableSchema(
        name="things",
        title="Things",
        description="Some things.",
        columns=tuple(Column(name, kind, f"A {kind}.") for name, kind in kinds.items()),
    )


def write_rows(
    schema: TableSchema, rows: Sequence[Sequence[object]], dialect: Dialect
) -> tuple[bytes, TableSummary]:
    target = io.BytesIO()
    batches = iter_row_batches(schema, rows)
    summary = write_table(batches, schema, target, dialect=dialect)
    return target.getvalue(), summary
