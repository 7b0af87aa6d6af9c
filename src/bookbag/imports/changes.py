"""Bringing the rows of one table in line with a plan, in few statements."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from django.db.models import Model

RowT = TypeVar("RowT", bound=Model)
RowStatus = Literal["created", "updated", "unchanged"]
KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChange:
    """What a load did, or would do, to one kind of thing."""

    kind: str
    """The plural that people read: users, courses, …."""
    created: int = 0
    """Rows made."""
    updated: int = 0
    """Rows whose values changed."""
    unchanged: int = 0
    """Rows that were right already."""
    removed: int = 0
    """Enrolments that were ended; their rows stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSync(Generic[RowT, KeyT]):
    """The rows of one table that a plan is about, found or made."""

    rows: Mapping[KeyT, RowT]
    """Every wanted row by key, saved."""
    change: KindChange
    """What it took."""
    created: Collection[KeyT]
    """The keys of rows that were made."""
    updated: Collection[KeyT]
    """The keys of rows whose values changed."""

    def status_of(self, key: KeyT) -> RowStatus:
        """Return what became of the row of a key."""
        if key in self.created:
            return "created"
        return "updated" if key in self.updated else "unchanged"


def sync_rows(
    model: type[RowT],
    *,
    kind: str,
    existing: Mapping[KeyT, RowT],
    wanted: Mapping[KeyT, Mapping[str, object]],
    make: Callable[[KeyT], RowT],
    before_update: Mapping[str, Callable[[Collection[RowT]], None]] | None = None,
) -> RowSync[RowT, KeyT]:
    """Make and update rows so that each wanted one has its values.

    The number of statements does not grow with the number of rows, except that the
    database limits the size of each statement.

    Args:
        model: The table.
        kind: What to call the rows.
        existing: Rows that may already be right, by key.
        wanted: Values by field name, by key; other fields are left alone.
        make: Returns a new row of a key, not saved, without the wanted values.
        before_update: By field name, what to call with the changed rows before they
            are written when that field changes in any of them; for values that are
            unique and may be exchanged between rows.
    """
    created: dict[KeyT, RowT] = {}
    updated: dict[KeyT, RowT] = {}
    fields: set[str] = set()
    for key, values in wanted.items():
        row = existing.get(key)
        if row is None:
            created[key] = row = make(key)
        different = {n for n, value in values.items() if getattr(row, n) != value}
        for name in different:
            setattr(row, name, values[name])
        if different and key in existing:
            updated[key] = row
            fields |= different
    for name, make_way in (before_update or {}).items():
        if name in fields:
            make_way(updated.values())
    if created:
        model._default_manager.bulk_create(created.values())
    if updated:
        # Every changed field of every changed row, so a cleared one comes back.
        model._default_manager.bulk_update(updated.values(), sorted(fields))
    return RowSync(
        rows={**{key: existing[key] for key in wanted if key in existing}, **created},
        change=KindChange(
            kind=kind,
            created=len(created),
            updated=len(updated),
            unchanged=len(wanted) - len(created) - len(updated),
        ),
        created=created.keys(),
        updated=updated.keys(),
    )
