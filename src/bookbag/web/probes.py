"""What machines ask a web server: does it live, is it ready, how does it do."""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from bookbag.exports.metrics import MEDIA_TYPE, format_metrics
from bookbag.exports.readiness import find_unready

ALIVE = "/healthz"
READY = "/readyz"
METRICS = "/metrics"


class ProbesMiddleware:
    """Answers probes before anything else looks at the request.

    They come from the machine itself or from an orchestrator, by an address that is
    no host name of the site and without TLS, which the rest would refuse.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._probes = {ALIVE: _live, READY: _ready, METRICS: _measure}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        probe = self._probes.get(request.path)
        if probe is None or request.method not in ("GET", "HEAD"):
            return self._get_response(request)
        response = probe(request)
        if response is None:
            return self._get_response(request)
        response["Cache-Control"] = "no-store"
        return response


def _live(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


def _ready(_request: HttpRequest) -> HttpResponse:
    unready = find_unready()
    return JsonResponse(
        {"ready": not unready, "unready": unready}, status=503 if unready else 200
    )


def _measure(request: HttpRequest) -> HttpResponse | None:
    expected = settings.BOOKBAG_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if not expected or not hmac.compare_digest(
        given.encode(), f"Bearer {expected}".encode()
    ):
        return None  # as if there were no such page
    return HttpResponse(format_metrics(), content_type=MEDIA_TYPE)
