"""What surrounds every page: a name for the request, and the person's time zone."""

import logging
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from bookbag.observing import observe

logger = logging.getLogger(__name__)

COOKIE = "time_zone"
REQUEST_ID = "X-Request-ID"
_FIT_FOR_A_LOG = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Names each request, for the log, the trace and whoever asks for help.

    The name is the proxy's where it sent a fitting one. The log says which page was
    asked for by its pattern, never by its address: addresses hold tokens.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request under its name."""
        name = request.headers.get(REQUEST_ID, "")
        if not _FIT_FOR_A_LOG.fullmatch(name):
            name = uuid.uuid4().hex
        started = time.monotonic()
        with observe("request", request_id=name):
            response = self._get_response(request)
            response[REQUEST_ID] = name
            logger.info(
                "%s %s answered with %s in %.0f ms",
                request.method,
                _describe_page(request),
                response.status_code,
                (time.monotonic() - started) * 1000,
            )
        return response


def _describe_page(request: HttpRequest) -> str:
    match = request.resolver_match
    return "(no page)" if match is None else match.view_name or match.route


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
