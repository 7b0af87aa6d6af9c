"""Which columns of a table name people, found by the fields that they are read from.

A field like ``user__email`` says whose address it is: the key of ``user`` is read
beside it, so that a person is known though a table shows no user name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pyarrow as pa
from django.db.models import QuerySet

from bagkit.tables import Column, TableSchema
from bookbag.exports.pseudonyms.people import format_address

NAME_FIELDS = ("username", "first_name", "last_name", "email")
"""Fields of a user, which may have a path before them."""
PERSON_COLUMNS = {"assigner_name": "assignment__assigner"}
"""What is computed from a person, by the path of that person."""
HIDDEN_FIELDS = ("ip_address",)
"""They lead to people and mean nothing else."""
THING_FIELDS = {"link": "session", "target_key": "thing"}
"""Ids of things that the server tells people by, and the words for them."""
USERNAME_FIELDS = ("person_name",)
"""User names that are no field of a user."""
TEXT_FIELDS = (
    "answer",
    "comments",
    "description",
    "detail",
    "feedback",
    "group_names",
    "path",
    "project_path",
    "purpose",
    "target",
)
"""Free texts, which may name anybody."""
TEXT_COLUMNS = ("group_name", "project_name")
_PLACE = "_place"

Cell = str | int | None


class Names(Protocol):
    """Who has which pseudonym."""

    def name_person(self, key: int) -> str:
        """Return the pseudonym of the person of a key."""

    def name_username(self, username: str) -> str:
        """Return the pseudonym of the person of a user name."""

    def name_thing(self, what: str, identifier: str) -> str:
        """Return what stands for a thing that leads to people."""

    def cover_text(self, text: str) -> str:
        """Return a text with pseudonyms for all that it calls people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """How a table is read and what becomes of its columns."""

    schema: TableSchema
    """With a column for the key of each person at its end."""
    fields: str
    column_count: int
    """Columns that are written."""
    people: dict[int, int]
    """Places of columns that name a person, and of that person's key."""
    fields_by_place: tuple[str, ...]
    """The last part of each column's field."""
    sorted_by: int | None
    """The person to put rows in order by, when their order gives names away."""


def plan_columns(schema: TableSchema, rows: QuerySet[Any], fields: str) -> ColumnPlan:
    """Return how to read a table whose people are to get pseudonyms."""
    names = fields.split()
    paths: list[str] = []
    people: dict[int, int] = {}
    for place, name in enumerate(names):
        path = _find_person(name)
        if path is None:
            continue
        if path not in paths:
            paths.append(path)
        people[place] = len(names) + paths.index(path)
    keys = tuple(Column(f"_person{n}", "integer", "") for n in range(len(paths)))
    return ColumnPlan(
        schema=replace(schema, columns=(*schema.columns, *keys)),
        fields=" ".join((*names, *paths)),
        column_count=len(names),
        people=people,
        fields_by_place=tuple(name.rpartition("__")[2] for name in names),
        sorted_by=len(names) if paths and _shows_names(rows) else None,
    )


def cover_batches(
    batches: Iterator[pa.RecordBatch], plan: ColumnPlan, names: Names
) -> Iterator[pa.RecordBatch]:
    """Yield batches with pseudonyms, in an order that says nothing of names."""
    covered = (_cover(batch, plan, names) for batch in batches)
    if plan.sorted_by is None:
        yield from (pair[0] for pair in covered)
        return
    pairs = list(covered)
    if not pairs:
        return
    table = pa.Table.from_batches([batch for batch, _ in pairs])
    order = pa.array([code for _, codes in pairs for code in codes], pa.string())
    with_order = pa.table(
        {"by": order, _PLACE: pa.array(range(len(order)), pa.int64())}
    )
    keys = [("by", "ascending"), (_PLACE, "ascending")]
    places = with_order.sort_by(keys)[_PLACE]
    yield from table.take(places).combine_chunks().to_batches()


def _cover(
    batch: pa.RecordBatch, plan: ColumnPlan, names: Names
) -> tuple[pa.RecordBatch, list[str]]:
    count = plan.column_count
    keys = {
        place: batch.column(place).to_pylist() for place in set(plan.people.values())
    }
    columns = []
    for place in range(count):
        cover = _choose_cover(plan, place, names)
        array = batch.column(place)
        if cover is not None:
            of_whom = keys.get(plan.people.get(place, -1)) or [None] * len(array)
            pairs = zip(array.to_pylist(), of_whom, strict=True)
            array = pa.array([cover(*pair) for pair in pairs], pa.string())
        columns.append(array)
    schema = pa.schema([batch.schema.field(place) for place in range(count)])
    codes: list[str] = []
    if plan.sorted_by is not None:
        codes = [
            "" if key is None else names.name_person(key)
            for key in keys[plan.sorted_by]
        ]
    return pa.RecordBatch.from_arrays(columns, schema=schema), codes


def _choose_cover(
    plan: ColumnPlan, place: int, names: Names
) -> Callable[[Any, Any], Cell] | None:
    field, column = plan.fields_by_place[place], plan.schema.columns[place]
    if place in plan.people:
        is_address = field == "email" or column.name == "assigned_by"
        return lambda cell, key: _name(names, cell, key, is_address=is_address)
    if field in HIDDEN_FIELDS:
        return lambda _cell, _key: None
    if field in THING_FIELDS:
        what = THING_FIELDS[field]
        return lambda cell, _key: names.name_thing(what, cell) if cell else cell
    if field in USERNAME_FIELDS:
        return lambda cell, _key: names.name_username(cell) if cell else cell
    if column.kind == "string" and (
        field in TEXT_FIELDS or column.name in TEXT_COLUMNS
    ):
        return lambda cell, _key: names.cover_text(cell) if cell else cell
    return None


def _name(names: Names, cell: Cell, key: int | None, *, is_address: bool) -> Cell:
    if not cell or key is None:
        return cell  # nothing is known, and that is said as it was
    pseudonym = names.name_person(key)
    return format_address(pseudonym) if is_address else pseudonym


def _find_person(field: str) -> str | None:
    path, _, name = field.rpartition("__")
    if field in PERSON_COLUMNS:
        return PERSON_COLUMNS[field]
    return (path or "pk") if name in NAME_FIELDS else None


def _shows_names(rows: QuerySet[Any]) -> bool:
    in_order = rows.query.order_by or tuple(rows.model._meta.ordering or ())
    return any(
        str(name).lstrip("-").rpartition("__")[2] in NAME_FIELDS for name in in_order
    )
