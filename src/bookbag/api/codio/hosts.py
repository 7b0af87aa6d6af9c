"""Where the API is: on host names of its own, and under a path of the pages' host."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from bookbag.api.codio.errors import answer_error
from bookbag.api.errors import RequestTooLargeError

PREFIX = "codio/"
URLS = "bookbag.api.codio.urls"


class CodioHostsMiddleware:
    """Answers requests to the API's own host names with the API and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, by the addresses of the host that it names."""
        is_own = _is_own_host(request)
        if is_own:
            request.urlconf = URLS
        response = self._get_response(request)
        is_here = is_own or request.path_info.startswith(f"/{PREFIX}")
        if is_here and response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return answer_error(RequestTooLargeError())  # a page, from the guards
        return response


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
