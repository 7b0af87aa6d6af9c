"""Where the API is: on host names of its own, and under a path of the pages' host."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

PREFIX = "codio/"
URLS = "bookbag.api.codio.urls"


class CodioHostsMiddleware:
    """Answers requests to the API's own host names with the API and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, by the addresses of the host that it names."""
        if _is_own_host(request):
            request.urlconf = URLS
        return self._get_response(request)


def find_root(request: HttpRequest) -> str:
    """Return what the API's addresses begin with for whoever sent a request.

    The scheme is that of the base URL: behind a proxy a request does not know it.
    """
    api_host = settings.BOOKBAG_CODIO_API_HOST
    if api_host and _is_own_host(request):
        return f"{urlsplit(settings.BOOKBAG_BASE_URL).scheme}://{api_host}"
    return f"{settings.BOOKBAG_BASE_URL}/{PREFIX.rstrip('/')}"


def _is_own_host(request: HttpRequest) -> bool:
    # What the client wrote is only compared, so it need not be validated before.
    asked, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    own = (settings.BOOKBAG_CODIO_OAUTH_HOST, settings.BOOKBAG_CODIO_API_HOST)
    return any(host and split_domain_port(host)[0] == asked for host in own)
