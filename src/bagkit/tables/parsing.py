"""Cells that were read become values again: texts by the kind of their column."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.schema import ARROW_TYPES, ColumnKind, TableSchema

BATCH_ROWS = 10_000


def iter_parsed_batches(
    schema: TableSchema, rows: Iterable[Sequence[object]]
) -> Iterator[pa.RecordBatch]:
    """Yield rows of JSON's values, or of texts, as the table's record batches.

    Raises:
        TableError: If a cell is no value of its column.
    """
    left = iter(rows)
    while chunk := list(itertools.islice(left, BATCH_ROWS)):
        arrays = []
        columns = zip(*chunk, strict=True)
        for column, values in zip(schema.columns, columns, strict=True):
            try:
                arrays.append(parse_values(values, column.kind))
            except (pa.ArrowException, ValueError, TypeError) as error:
                message = f"Found a cell that is no {column.kind}: {column.name!r}"
                raise TableError(message) from error
        yield pa.RecordBatch.from_arrays(arrays, schema=schema.arrow_schema())


def parse_values(values: Sequence[object], kind: ColumnKind) -> pa.Array:
    """Return one column of cells as an array of its kind.

    Raises:
        pyarrow.ArrowException: If a cell is no value of the kind.
    """
    if kind == "number":
        numbers = [None if v is None else float(str(v)) for v in values]
        return pa.array(numbers, ARROW_TYPES[kind])
    if kind in ("datetime", "date"):
        return pa.array(values, pa.string()).cast(ARROW_TYPES[kind])
    return pa.array(values, ARROW_TYPES[kind])
