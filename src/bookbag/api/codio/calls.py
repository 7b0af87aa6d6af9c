"""One call: who asks, counted; an answer as JSON; and an error as JSON, always."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bookbag.api.codio.errors import REFUSALS, answer_error
from bookbag.api.codio.hosts import find_root
from bookbag.api.errors import (
    InternalError,
    MethodNotAllowedError,
    NotPermittedError,
    RateExceededError,
    UnauthenticatedError,
)
from bookbag.domain.access.callers import Caller, find_caller
from bookbag.domain.access.limits import RateLimit, Usage, count_use
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.audit.models import Face
from bookbag.domain.audit.origin import coming_from, current_origin
from bookbag.domain.people.models import User, Workspace

BURST = RateLimit(name="codio-burst", quota=50, window_seconds=10)
DAILY = RateLimit(name="codio-daily", quota=10_000, window_seconds=86_400)
NANOSECONDS = 1_000_000_000

logger = logging.getLogger(__name__)


Answer = Callable[..., object]
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a service."""

    request: HttpRequest
    caller: Caller
    workspace: Workspace

    @property
    def person(self) -> User:
        """The account whose rights count."""
        return self.caller.person

    @property
    def root(self) -> str:
        """What addresses in answers begin with."""
        return find_root(self.request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a method does at an address."""

    scope: TokenScope
    answer: Answer
    """Takes the call and the parts of the address, and returns what JSON says."""


def at(**operations: Operation) -> View:
    """Return the view of an address, from what each method does there."""

    def view(request: HttpRequest, **parts: str) -> HttpResponseBase:
        if request.method not in operations:
            response = answer_error(MethodNotAllowedError())
            response["Allow"] = ", ".join(sorted(operations))
            return response
        operation = operations[request.method]
        return run(request, lambda: _answer(request, operation, parts))

    return csrf_exempt(view)


def run(
    request: HttpRequest, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Return an answer with the limits in its headers, or an error as JSON."""
    try:
        response = answer()
    except REFUSALS as error:
        response = answer_error(error)
    except Exception:
        logger.exception("A call of the Codio-compatible API failed")
        response = answer_error(InternalError())
    _add_limits(request, response)
    return response


def acting_as(person: User) -> AbstractContextManager[None]:
    """Say that what is done in a block is done through this API, and by whom."""
    here = current_origin()
    return coming_from(replace(here, face=Face.API, find_person=lambda: person))


def count_call(request: HttpRequest, workspace: Workspace) -> None:
    """Count a call of a workspace, for the headers of its answer.

    Raises:
        RateExceededError: If it is one too many.
    """
    bearer = f"workspace:{workspace.pk}"
    usages = [count_use(bearer, limit) for limit in (BURST, DAILY)]
    request.codio_usages = usages  # type: ignore[attr-defined]  # for the headers
    for usage in usages:
        if usage.is_exceeded:
            message = (
                f"Found more than {usage.limit.quota} calls in "
                f"{usage.limit.window_seconds} s, expected the next in "
                f"{usage.reset_seconds} s"
            )
            raise RateExceededError(message, usage.reset_seconds)


def _answer(
    request: HttpRequest, operation: Operation, parts: dict[str, str]
) -> HttpResponseBase:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError
    caller = find_caller(token.strip())
    if caller.client is None:
        message = "Found a personal token, expected one of a service"
        raise NotPermittedError(message)
    call = Call(request=request, caller=caller, workspace=caller.client.workspace)
    count_call(request, call.workspace)
    caller.need(operation.scope)
    with acting_as(call.person):
        said = operation.answer(call, **parts)
    return JsonResponse(said, safe=False)  # a text or a list is an answer too


def _add_limits(request: HttpRequest, response: HttpResponseBase) -> None:
    usages: list[Usage] | None = getattr(request, "codio_usages", None)
    if usages is None:
        return
    burst, daily = usages
    response["X-RateLimit-Limit"] = str(burst.limit.quota)
    response["X-RateLimit-Remaining"] = str(burst.remaining)
    # Clients wait so many nanoseconds, whatever the name says.
    response["X-RateLimit-Reset"] = str(burst.reset_seconds * NANOSECONDS)
    response["X-RateLimit-DailyLimit"] = str(daily.limit.quota)
    response["X-RateLimit-DailyLimit-Remaining"] = str(daily.remaining)
