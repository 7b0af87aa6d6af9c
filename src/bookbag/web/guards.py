"""What is refused before anything reads a request, and what is kept private after.

These run first of all: the headers that only a proxy may send, the size of what is
sent, and what caches may keep.
"""

from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Answer = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., object])
FORWARDED = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PORT", "HTTP_FORWARDED", "HTTP_X_REAL_IP"),
)
"""What a proxy says of a client, and a client may say of itself."""
API = "/api/"
LIMIT = "max_body_bytes"
"""The attribute of a view that says how large its requests may be."""
ANY_BYTES = 1 << 40
"""For views that look at the size themselves, before they read."""


class TrustedProxyMiddleware:
    """Takes away what only a trusted proxy may say, when nobody trusted says it."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request that claims nothing about itself."""
        if not _is_trusted(request.META.get("REMOTE_ADDR", "")):
            for header in FORWARDED:
                request.META.pop(header, None)
        return self._get_response(request)


class RequestSizeMiddleware:
    """Refuses what is too large by its length, before any of it is read.

    A view that takes files says how large they may be, see ``takes_bytes``.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponse | None:
        """Refuse what is larger than the view takes."""
        limit = getattr(view, LIMIT, settings.BOOKBAG_MAX_REQUEST_BYTES)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length) <= limit:
            return None
        context = {"found": length[:20], "limit": limit}
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return render(request, "413.html", context, status=status)


class PrivateResponseMiddleware:
    """Keeps pages out of every cache, and other sites from embedding them."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; what says nothing about caches is private."""
        response = self._get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        )
        return response


class PlainTextMiddleware:
    """Refuses NUL in an address, a query or a form, which no database takes.

    The API says itself which of its values is at fault.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, *_: Any, **_more: Any
    ) -> HttpResponse | None:
        """Refuse what holds NUL; the size was looked at before."""
        if request.path_info.startswith(API):
            return None
        texts = [request.path_info]
        for fields in (request.GET, request.POST):
            for name, values in fields.lists():
                texts += [name, *map(str, values)]
        if any("\0" in text for text in texts):
            message = "Found a character of value 0, expected plain text"
            raise BadRequest(message)
        return None


def takes_bytes(limit: int) -> Callable[[View], View]:
    """Return a decorator for views that take requests of another size than usual."""

    def mark(view: View) -> View:
        setattr(view, LIMIT, limit)
        return view

    return mark


def _is_trusted(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.BOOKBAG_TRUSTED_PROXIES)
