"""What every answer under ``/api/v1`` has: problems as JSON, and limits as headers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bookbag.api.authentication import add_limit_headers
from bookbag.api.errors import (
    ApiError,
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
    RequestTooLargeError,
    RequestUnreadableError,
)
from bookbag.api.problems import answer_problem

PREFIX = "/api/v1/"
_ERRORS: dict[int, type[ApiError]] = {
    400: RequestUnreadableError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    413: RequestTooLargeError,
    500: InternalError,
}
"""What Django and the guards of all pages answer, as the API's errors."""


class ApiMiddleware:
    """Turns Django's own error pages into problem documents, under the API only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, with what every answer of the API has."""
        response = self._get_response(request)
        if not request.path_info.startswith(PREFIX):
            return response
        kind = _ERRORS.get(response.status_code)
        is_page = not response.get("Content-Type", "").endswith("json")
        if kind is not None and is_page:
            problem = answer_problem(request, kind())
            if "Allow" in response:
                problem["Allow"] = response["Allow"]
            response = problem
        add_limit_headers(request, response)
        return response
