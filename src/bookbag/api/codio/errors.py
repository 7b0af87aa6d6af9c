"""What is refused, and with which status: one table, keyed by the class of the error.

CodioError
├── NothingToExportError
└── ExportUnfinishedError

Source: the statuses that Codio's OpenAPI file documents: 401, 403, 404, 412, 415.
"""

from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, JsonResponse

from bookbag.api.errors import (
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
    NotPermittedError,
    RateExceededError,
    RequestInvalidError,
    RequestTooLargeError,
    RequestUnreadableError,
    UnauthenticatedError,
)
from bookbag.domain.access.errors import (
    ClientRefusedError,
    ScopeMissingError,
    TokenRefusedError,
)
from bookbag.domain.courses.ending import CourseError
from bookbag.exports.errors import (
    DiskFloorError,
    LinkExpiredError,
    LinkNotFoundError,
    OptionsError,
    PermissionRefusedError,
    QuotaExceededError,
    ScopeError,
)
from bookbag.imports.errors import ImportRefusedError, NotPublishedError


class CodioError(Exception):
    """A call that is refused for a reason that only this interface knows."""

    code = "codio"
    status = HTTPStatus.PRECONDITION_FAILED


class NothingToExportError(CodioError):
    """There is nothing that could be exported."""

    code = "nothing_to_export"


class ExportUnfinishedError(CodioError):
    """The export takes longer than an answer may wait for it, or it failed."""

    code = "export_unfinished"
    status = HTTPStatus.SERVICE_UNAVAILABLE


STATUSES: dict[type[Exception], HTTPStatus] = {
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    TokenRefusedError: HTTPStatus.UNAUTHORIZED,
    ClientRefusedError: HTTPStatus.UNAUTHORIZED,
    ScopeMissingError: HTTPStatus.FORBIDDEN,
    NotPermittedError: HTTPStatus.FORBIDDEN,
    PermissionRefusedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    LinkNotFoundError: HTTPStatus.NOT_FOUND,
    NotPublishedError: HTTPStatus.NOT_FOUND,
    Http404: HTTPStatus.NOT_FOUND,
    MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    LinkExpiredError: HTTPStatus.GONE,
    RequestInvalidError: HTTPStatus.PRECONDITION_FAILED,
    RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RequestUnreadableError: HTTPStatus.PRECONDITION_FAILED,
    SuspiciousOperation: HTTPStatus.PRECONDITION_FAILED,
    CourseError: HTTPStatus.PRECONDITION_FAILED,
    OptionsError: HTTPStatus.PRECONDITION_FAILED,
    ScopeError: HTTPStatus.PRECONDITION_FAILED,
    QuotaExceededError: HTTPStatus.PRECONDITION_FAILED,
    ImportRefusedError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    DiskFloorError: HTTPStatus.SERVICE_UNAVAILABLE,
    RateExceededError: HTTPStatus.TOO_MANY_REQUESTS,
    InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
REFUSALS: tuple[type[Exception], ...] = (CodioError, *STATUSES)


def answer_error(error: Exception) -> JsonResponse:
    """Return the answer to a call that is refused; its body is always JSON."""
    body: dict[str, object] = {
        "code": getattr(error, "code", "refused"),
        "message": str(error) or str(NotFoundError()),
    }
    if isinstance(error, RequestInvalidError) and error.faults:
        body["errors"] = [
            {"field": fault.field, "detail": fault.detail} for fault in error.faults
        ]
    return JsonResponse(body, status=find_status(error))


def find_status(error: Exception) -> HTTPStatus:
    """Return the status of an error by the nearest of its classes in the table."""
    if isinstance(error, CodioError):
        return error.status
    known = (STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)
