"""What surrounds every page: the request's name, its origin, and the time zone."""

import logging
import re
import time
import uuid
import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from bookbag.domain.activity.recording import move_sign_in
from bookbag.domain.audit.models import Face
from bookbag.domain.audit.origin import Origin, coming_from
from bookbag.domain.people.models import User
from bookbag.observing import describe_page, observe
from bookbag.web.addresses import find_client_address

logger = logging.getLogger(__name__)

COOKIE = "time_zone"
API_PREFIX = "/api/"
SIGNED_IN_AS = "signed_in_as"
"""Where a session keeps the key under which its sign-in is known."""
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
                describe_page(request),
                response.status_code,
                (time.monotonic() - started) * 1000,
            )
        return response


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


class OriginMiddleware:
    """Tells the audit log who asks, from where, and through which door."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; what is recorded meanwhile knows where it comes from."""

        def find_person() -> User | None:
            person = getattr(request, "user", None)
            return person if isinstance(person, User) else None

        is_api = request.path.startswith(API_PREFIX)
        origin = Origin(
            face=Face.API if is_api else Face.PAGE,
            address=find_client_address(request) or "",
            find_person=find_person,
        )
        with coming_from(origin):
            return self._get_response(request)


class SessionRotationMiddleware:
    """Lets a sign-in go on when its session gets another key.

    A new password, for one, renews the key of the session. Nobody signed out then, so
    what is known of the sign-in follows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, and look whether it renewed the key."""
        response = self._get_response(request)
        if not request.session.accessed:
            return response
        known, key = request.session.get(SIGNED_IN_AS), request.session.session_key
        if known and key and known != key:
            move_sign_in(known, key)
            request.session[SIGNED_IN_AS] = key
        return response


def _read_zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    name = request.COOKIES.get(COOKIE, "")
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None  # a cookie is what the client likes it to be
