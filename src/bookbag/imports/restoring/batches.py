"""Making rows in batches, or only looking what would be made."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from django.db.models import Model

RowT = TypeVar("RowT", bound=Model)
BATCH_ROWS = 1_000


class Batch(Generic[RowT]):
    """New rows of one table, written together.

    Invariants: rows that refer to one another are written in the order of dependence,
    each kind with ``flush`` before the next.
    """

    def __init__(self, model: type[RowT], *, is_dry: bool, ignores: bool = False):
        self._model = model
        self._is_dry = is_dry
        self._ignores = ignores
        self._rows: list[RowT] = []

    def add(self, row: RowT) -> None:
        """Take a row; it may be written now or later."""
        self._rows.append(row)
        if len(self._rows) >= BATCH_ROWS:
            self.flush()

    def extend(self, rows: Sequence[RowT]) -> None:
        """Take several rows."""
        for row in rows:
            self.add(row)

    def flush(self) -> None:
        """Write what was taken, unless nothing is to be written."""
        rows, self._rows = self._rows, []
        if rows and not self._is_dry:
            self._model._default_manager.bulk_create(
                rows, ignore_conflicts=self._ignores
            )
