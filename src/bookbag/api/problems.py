"""Errors as problem documents, by one table keyed by the class of the error.

Source: RFC 9457; ADR 0008 and 0091.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from bookbag.api.errors import (
    InternalError,
    MethodNotAllowedError,
    NotFoundError,
    NotPermittedError,
    NotReadyError,
    RateExceededError,
    RequestInvalidError,
    RequestTooLargeError,
    RequestUnreadableError,
    TooManyRowsError,
    TooManyStreamsError,
    UnauthenticatedError,
)
from bookbag.deliveries.errors import DeliveryEndedError, NothingToDeliverError
from bookbag.domain.access.errors import (
    ClientRefusedError,
    GrantInvalidError,
    KeyBusyError,
    KeyReusedError,
    ScopeMissingError,
    TokenNotFoundError,
    TokenRefusedError,
)
from bookbag.domain.finding import NotVisibleError
from bookbag.domain.people.errors import NameTakenError, OwnerNeededError, PeopleError
from bookbag.exports.errors import (
    DefinitionNotFoundError,
    LinkExpiredError,
    OptionsError,
    PermissionRefusedError,
    RuleError,
    ScopeError,
    TransitionError,
)
from bookbag.outbound.errors import OutboundError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:bookbag:problem:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """What a class of errors is over HTTP."""

    status: int
    title: str
    """The same for every problem of the kind."""


PROBLEMS: dict[type[Exception], ProblemKind] = {
    UnauthenticatedError: ProblemKind(status=401, title="A token is needed"),
    TokenRefusedError: ProblemKind(status=401, title="The token was refused"),
    ClientRefusedError: ProblemKind(status=401, title="The client was refused"),
    ScopeMissingError: ProblemKind(status=403, title="The token lacks a scope"),
    NotPermittedError: ProblemKind(status=403, title="Not permitted"),
    PermissionRefusedError: ProblemKind(status=403, title="Not permitted"),
    NotFoundError: ProblemKind(status=404, title="Not found"),
    TokenNotFoundError: ProblemKind(status=404, title="Not found"),
    MethodNotAllowedError: ProblemKind(status=405, title="Method not allowed"),
    KeyBusyError: ProblemKind(status=409, title="Still being worked on"),
    TransitionError: ProblemKind(status=409, title="Not in this state"),
    NameTakenError: ProblemKind(status=409, title="The name is taken"),
    OwnerNeededError: ProblemKind(status=409, title="An owner is needed"),
    NothingToDeliverError: ProblemKind(status=409, title="Nothing to deliver"),
    DeliveryEndedError: ProblemKind(status=409, title="The delivery has ended"),
    LinkExpiredError: ProblemKind(status=410, title="The export has expired"),
    RequestUnreadableError: ProblemKind(status=400, title="Unreadable request"),
    RequestTooLargeError: ProblemKind(status=413, title="Request too large"),
    RequestInvalidError: ProblemKind(status=422, title="Invalid request"),
    KeyReusedError: ProblemKind(status=422, title="The key was used before"),
    TooManyRowsError: ProblemKind(status=413, title="Too many rows"),
    GrantInvalidError: ProblemKind(status=422, title="Invalid request"),
    DefinitionNotFoundError: ProblemKind(status=422, title="No such export"),
    ScopeError: ProblemKind(status=422, title="The export is about something else"),
    OptionsError: ProblemKind(status=422, title="Invalid options"),
    RuleError: ProblemKind(status=422, title="Invalid schedule"),
    OutboundError: ProblemKind(status=422, title="The address cannot be called"),
    PeopleError: ProblemKind(status=422, title="Invalid change of people"),
    NotReadyError: ProblemKind(status=409, title="Not ready"),
    RateExceededError: ProblemKind(status=429, title="Too many requests"),
    TooManyStreamsError: ProblemKind(status=503, title="Too many streams"),
    InternalError: ProblemKind(status=500, title="Internal error"),
}
"""Every error that has an answer of its own; the first base class that fits counts."""


TRANSLATED: dict[type[Exception], type[Exception]] = {
    NotVisibleError: NotFoundError,
    PermissionDenied: NotPermittedError,
}
"""Errors without a code that all faces know, as the API's own."""


def find_kind(error: Exception) -> ProblemKind | None:
    """Return what an error is over HTTP, or None when nobody expected it."""
    return next(
        (PROBLEMS[kind] for kind in type(error).mro() if kind in PROBLEMS), None
    )


def answer_problem(
    request: HttpRequest, error: Exception | type[Exception]
) -> HttpResponse:
    """Return an error as a problem document, with the headers that belong to it."""
    error = error() if isinstance(error, type) else error
    translated = TRANSLATED.get(type(error))
    error = error if translated is None else translated()
    kind = find_kind(error) or PROBLEMS[InternalError]
    code = str(getattr(error, "code", InternalError.code))
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": kind.title,
        "status": kind.status,
        "detail": str(error),
        "instance": request.path,
        "code": code,
    }
    if isinstance(error, RequestInvalidError) and error.faults:
        document["errors"] = [
            {"field": fault.field, "detail": fault.detail} for fault in error.faults
        ]
    response = HttpResponse(
        json.dumps(document), status=kind.status, content_type=MEDIA_TYPE
    )
    for name, value in _list_headers(error, kind).items():
        response[name] = value
    return response


def _list_headers(error: Exception, kind: ProblemKind) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="Bookbag"'
    elif kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Bookbag", error="invalid_token"'
    elif isinstance(error, ScopeMissingError):
        headers["WWW-Authenticate"] = (
            'Bearer realm="Bookbag", error="insufficient_scope", '
            f'scope="{error.needed}"'
        )
    if isinstance(error, RateExceededError | TooManyStreamsError):
        headers["Retry-After"] = str(error.retry_seconds)
    return headers
