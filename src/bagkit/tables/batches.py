"""The door: Python values become record batches, or are refused by column and row.

Arrow's texts are UTF-8. A Python text with a lone surrogate is not, so it is refused
here: it cannot come out of a database, and paths with odd bytes are escaped before
they become texts (``bagkit.trees.names``). ADR 0061.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from bagkit.errors import TableError
from bagkit.tables.schema import ARROW_TYPES, Column, TableSchema

BATCH_ROWS = 10_000


def iter_row_batches(
    schema: TableSchema,
    rows: Iterable[Sequence[object]],
    *,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Yield rows as record batches of bounded size.

    Args:
        schema: The table.
        rows: Each with one value for each column; None is no value.
        batch_rows: Rows of a batch.

    Raises:
        TableError: If a value does not fit its column, naming column and row.
    """
    left = iter(rows)
    rows_before = 0
    while chunk := list(itertools.islice(left, batch_rows)):
        columns = zip(*chunk, strict=True)
        arrays = [
            _make_array(column, values, rows_before)
            for column, values in zip(schema.columns, columns, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema.arrow_schema())
        rows_before += len(chunk)


def _make_array(column: Column, values: Sequence[object], rows_before: int) -> pa.Array:
    try:
        return pa.array(values, ARROW_TYPES[column.kind])
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError) as error:
        for number, value in enumerate(values):
            if not _fits(value, column):
                row = rows_before + number + 1
                message = f"Found a value that is no {column.kind}"
                raise TableError(
                    f"{message}: column {column.name!r}, row {row}"
                ) from error
        raise


def _fits(value: object, column: Column) -> bool:
    try:
        pa.array([value], ARROW_TYPES[column.kind])
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError):
        return False
    return True
