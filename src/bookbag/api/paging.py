"""Long lists, a page at a time, by the last row of the page before (keyset).

A page is found by the value of its sort column, never by counting rows, so that every
page costs the same and rows that come or go meanwhile shift none.
Source: ADR 0091; RFC 8288 (``Link``).
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import Field

from bookbag.api.errors import FieldFault, RequestInvalidError
from bookbag.api.fields import ShortText

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
PAGE_ROWS, MOST_ROWS = 50, 200


class Paging(Schema):
    """What every list takes; each adds ``sort`` and its filters."""

    limit: int = Field(PAGE_ROWS, ge=1, le=MOST_ROWS, description="Rows of a page.")
    cursor: ShortText = Field("", description="From the Link of the page before.")


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None
    """For the next page; null on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[Row]):
    """The rows of a page."""

    rows: Sequence[Row]
    next_cursor: str | None


def read_slice(
    rows: QuerySet[Row], *, sort: str, limit: int, cursor: str
) -> Slice[Row]:
    """Return the rows that follow a cursor.

    Args:
        rows: All rows that may be seen.
        sort: A column that is never null, with a minus for falling; ``id`` is the
            primary key.
        limit: How many rows at most.
        cursor: Where the page before ended; empty for the first.

    Raises:
        RequestInvalidError: If the cursor is none of this list in this order.
    """
    is_falling, name = sort.startswith("-"), sort.removeprefix("-")
    column = "pk" if name == "id" else name
    sign = "-" if is_falling else ""
    if cursor:
        rows = rows.filter(_follow(rows, cursor, sort=sort, column=column))
    ordered = rows.order_by(f"{sign}{column}", f"{sign}pk")
    found = list(ordered[: limit + 1])
    kept = found[:limit]
    more = len(found) > limit
    return Slice(
        rows=kept,
        next_cursor=_encode(sort, kept[-1], column) if more else None,
    )


def answer_page(
    request: HttpRequest,
    response: HttpResponse,
    part: Slice[Row],
    present: Callable[[Row], Item],
) -> Page[Item]:
    """Return a page of a list, and name its neighbours in the ``Link`` header."""
    links = {"first": _address(request, None)}
    if part.next_cursor:
        links["next"] = _address(request, part.next_cursor)
    response["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    items = [present(row) for row in part.rows]
    return Page(items=items, next_cursor=part.next_cursor)


def _address(request: HttpRequest, cursor: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor is not None:
        query["cursor"] = cursor
    path = f"{request.path}?{query.urlencode()}" if query else request.path
    return request.build_absolute_uri(path)


def _encode(sort: str, row: Model, column: str) -> str:
    value = getattr(row, column)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    packed = json.dumps([sort, text, str(row.pk)], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _follow(rows: QuerySet[Any], cursor: str, *, sort: str, column: str) -> Q:
    """Return the condition of the rows behind a cursor."""
    meta = rows.model._meta
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found_sort, text, key = json.loads(base64.urlsafe_b64decode(padded))
        field = meta.pk if column == "pk" else meta.get_field(column)
        value, last_key = field.to_python(text), meta.pk.to_python(key)
    except (ValueError, TypeError, ValidationError, RecursionError) as error:
        raise _refuse() from error
    if found_sort != sort or value is None or last_key is None:
        raise _refuse()
    beyond = "lt" if sort.startswith("-") else "gt"
    if column == "pk":
        return Q(**{f"pk__{beyond}": last_key})
    further = Q(**{f"{column}__{beyond}": value})
    return further | Q(**{column: value, f"pk__{beyond}": last_key})


def _refuse() -> RequestInvalidError:
    detail = "Found no cursor of this list in this order, expected one from a Link"
    return RequestInvalidError(
        detail, [FieldFault(field="query.cursor", detail=detail)]
    )
