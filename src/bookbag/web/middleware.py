"""The person's own time zone for every page."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "time_zone"


class TimeZoneMiddleware:
    """Shows times in the zone that the person's browser says it is in.

    A script writes the zone into a cookie; without one, times are in UTC.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request with the zone active."""
        with timezone.override(_read_zone(request)):
            return self._get_response(request)


def _read_zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    name = request.COOKIES.get(COOKIE, "")
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None  # a cookie is what the client likes it to be
