"""Tables: Arrow record batches to files in several dialects, and back."""

from bagkit.tables.batches import iter_row_batches
from bagkit.tables.descriptors import describe_package, describe_table
from bagkit.tables.dialects import Dialect
from bagkit.tables.reading import read_table
from bagkit.tables.row_reading import FoundRow, iter_found_rows
from bagkit.tables.schema import Column, ColumnKind, TableSchema
from bagkit.tables.summary import CellCounts, TableSummary
from bagkit.tables.writing import write_table

__all__ = [
    "CellCounts",
    "Column",
    "ColumnKind",
    "Dialect",
    "FoundRow",
    "TableSchema",
    "TableSummary",
    "describe_package",
    "describe_table",
    "iter_found_rows",
    "iter_row_batches",
    "read_table",
    "write_table",
]
