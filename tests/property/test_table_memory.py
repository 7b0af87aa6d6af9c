"""Peak memory does not grow with the number of rows."""

import sys
from pathlib import Path

import pytest

from bagkit.tables import Dialect
from tests.benchmarks.measuring import measure_in_turns

PROGRAM = """
import sys
import pyarrow as pa
from bagkit.tables import Column, Dialect, TableSchema, write_table

rows, dialect, path = sys.argv[1:]
columns = (Column("text", "string", ""), Column("count", "integer", ""))
schema = TableSchema(name="rows", title="", description="", columns=columns)
texts = [f"student{number}" * 20 for number in range(5_000)]
batch = pa.record_batch([texts, range(5_000)], schema=schema.arrow_schema())
with open(path, "wb") as file:
    batches = (batch for _ in range(int(rows) // 5_000))
    write_table(batches, schema, file, dialect=Dialect(dialect))
"""
ALLOWANCE_BYTES = 30_000_000
"""What allocators keep; ten times the rows are 290 MB."""


@pytest.mark.slow
@pytest.mark.parametrize("dialect", Dialect, ids=lambda dialect: dialect.value)
def test_ten_times_the_rows_take_the_same_memory(
    dialect: Dialect, tmp_path: Path
) -> None:
    few = 15_000 if dialect is Dialect.XLSX else 200_000
    start = [sys.executable, "-c", PROGRAM]
    target = str(tmp_path / "file")

    small, large = measure_in_turns(
        {
            "few": [*start, str(few), dialect.value, target],
            "many": [*start, str(10 * few), dialect.value, target],
        },
        rounds=1,
    )

    assert large.peak_bytes < small.peak_bytes + ALLOWANCE_BYTES
