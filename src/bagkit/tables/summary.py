"""What came of writing a table."""

from dataclasses import dataclass

from bagkit.tables.dialects import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCounts:
    """How many cells a dialect could not write as they are; all can be had back."""

    guarded: int = 0
    """Cells that the formula guard changed."""
    escaped: int = 0
    """Cells with characters that XML forbids, written as ``_xHHHH_``."""
    long: int = 0
    """Cells whose text goes on in the sheet of long texts."""
    sheets: int = 0
    """Sheets of rows that a spreadsheet has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSummary:
    """What was written."""

    dialect: Dialect
    row_count: int
    byte_count: int
    guarded_columns: tuple[str, ...]
    """Columns that the guard looked at; a reader must undo it in these."""
    cells: CellCounts

    @property
    def guarded_count(self) -> int:
        """Cells that the formula guard changed."""
        return self.cells.guarded
