"""What to read: a queryset or SQL, made ready for any way to read it."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Count, Max, Min, QuerySet

from bagkit.errors import TableError

PART_ROWS = 131_072
_COUNTING = "SELECT COUNT(*) FROM ({}) AS counted"
_PLACEHOLDER = re.compile(r"%(?:s|%)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """One SELECT and how to count its rows.

    Invariants: ``%s`` stands for a parameter and ``%%`` for a per cent sign, as in
    Django; the order names every row, so that the same rows come in the same order.
    """

    sql: str
    params: tuple[Any, ...] = ()
    unordered: "RowQuery | None" = None
    """The same rows in any order, which are quicker to count."""
    uuid_columns: frozenset[int] = frozenset()
    """Places of columns that SQLite keeps as 32 digits."""

    def counting(self) -> "RowQuery":
        """Return the query of one number: how many rows there are."""
        counted = self.unordered or self
        return RowQuery(sql=_COUNTING.format(counted.sql), params=counted.params)

    def to_question_marks(self) -> str:
        """Return the SQL with ``?`` for each parameter, as SQLite's drivers want it."""
        signs = {"%s": "?", "%%": "%"}
        return _PLACEHOLDER.sub(lambda match: signs[match[0]], self.sql)


def compile_rows(rows: QuerySet[Any], fields: str) -> list[RowQuery]:
    """Return the query of a queryset, or nothing when it can have no rows.

    Args:
        rows: What to read, in the order to write. Rows that are equal in that order
            come in the order of their keys.
        fields: Field names, separated by blanks.

    Raises:
        TableError: If the queryset has no order, or is a slice: rows are never
            skipped by counting them.
    """
    if rows.query.is_sliced or not rows.ordered:
        message = "Found a queryset that is sliced or without order, expected an order"
        raise TableError(f"{message}: {rows.model._meta.label}")
    chosen = _order_fully(rows).values_list(*fields.split())
    try:
        compiler = chosen.query.get_compiler(chosen.db)
        sql, params = compiler.as_sql()
        counted, counted_params = _compile_counted(rows, fields)
    except EmptyResultSet:
        return []
    kinds = [_name_kind(expression) for expression, _, _ in compiler.select]
    query = RowQuery(
        sql=sql,
        params=tuple(params),
        unordered=RowQuery(sql=counted, params=counted_params),
        uuid_columns=frozenset(n for n, k in enumerate(kinds) if k == "UUIDField"),
    )
    return [query]


def compile_parts(
    rows: QuerySet[Any], fields: str, *, part_rows: int = PART_ROWS
) -> list[RowQuery]:
    """Return the queries of the parts of a large queryset, in the order of its keys.

    Where parts begin is a guess from today's keys, which have to be numbers; the first
    and the last have no outer bound, so that together they hold every row there is.

    Args:
        rows: What to read; its own order does not count.
        fields: Field names, separated by blanks.
        part_rows: Rows that a part has where keys lie evenly.
    """
    by_key = rows.order_by("pk")
    facts = by_key.aggregate(first=Min("pk"), last=Max("pk"), count=Count("pk"))
    part_count = -(-facts["count"] // part_rows)
    if part_count < 2:
        return compile_rows(by_key, fields)
    first, last = facts["first"], facts["last"]
    bounds = [first + (last - first) * n // part_count for n in range(1, part_count)]
    parts = []
    for low, high in pairwise([None, *bounds, None]):
        part = by_key if low is None else by_key.filter(pk__gte=low)
        parts += compile_rows(
            part if high is None else part.filter(pk__lt=high), fields
        )
    return parts


def _compile_counted(rows: QuerySet[Any], fields: str) -> tuple[str, tuple[Any, ...]]:
    # What is computed for a row costs time and changes no number of rows; joins may.
    computed = rows.query.annotations
    plain = [name for name in fields.split() if name not in computed]
    is_grouped = rows.query.group_by is not None or rows.query.distinct
    names = fields.split() if is_grouped else plain or ["pk"]
    chosen = rows.order_by().values_list(*names)
    sql, params = chosen.query.get_compiler(chosen.db).as_sql()
    return sql, tuple(params)


def _order_fully(rows: QuerySet[Any]) -> QuerySet[Any]:
    names = rows.query.order_by or tuple(rows.model._meta.ordering or ())
    if rows.query.group_by is not None or rows.query.distinct:
        return rows
    return rows.order_by(*names, "pk")


def _name_kind(expression: Any) -> str:
    field = getattr(expression, "output_field", None)
    return "" if field is None else str(field.get_internal_type())
