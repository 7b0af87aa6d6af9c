"""Long lists, a page at a time."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_ROWS = 50


def read_page(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """Return the page of a list that the address names, the first without one."""
    return Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
