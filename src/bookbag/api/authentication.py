"""Who calls: bearer tokens, their scopes, and how often they may come."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from ninja.security import HttpBearer

from bookbag.api.errors import RateExceededError, UnauthenticatedError
from bookbag.domain.access.callers import Caller, find_caller
from bookbag.domain.access.limits import RateLimit, Usage, count_use
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.people.models import User

WINDOW_SECONDS = 60


class BearerAuth(HttpBearer):
    """Takes personal tokens and those of services, when they have a scope."""

    def __init__(self, scope: TokenScope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """Return who calls, counted.

        Raises:
            UnauthenticatedError: If there is no token.
            TokenRefusedError: If it is not good.
            RateExceededError: If too many requests came with it.
            ScopeMissingError: If it is good for other things.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError
        return self.authenticate(request, token.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return who a token belongs to; see ``__call__``."""
        caller = find_caller(token)
        request.user = caller.person  # for the audit log
        count_request(request, caller.bearer)
        caller.need(self.scope)
        return caller


def find_caller_again(request: HttpRequest) -> Caller:
    """Return who calls as things stand now, for answers that take a while.

    Raises:
        TokenRefusedError: If the token is not good any more.
    """
    _, _, token = request.headers.get("Authorization", "").partition(" ")
    return find_caller(token.strip())


def get_caller(request: HttpRequest) -> Caller:
    """Return who calls; every endpoint but the public ones has one."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]  # set by ninja


def get_person(request: HttpRequest) -> User:
    """Return the person or the account whose rights count."""
    return get_caller(request).person


def count_request(request: HttpRequest, bearer: str) -> None:
    """Count a request of somebody, for the headers of its answer.

    Raises:
        RateExceededError: If it is one too many.
    """
    limit = RateLimit(
        name="minute",
        quota=settings.BOOKBAG_API_RATE,
        window_seconds=WINDOW_SECONDS,
    )
    usage = count_use(bearer, limit)
    request.usage = usage  # type: ignore[attr-defined]  # for the headers
    if usage.is_exceeded:
        message = (
            f"Found more than {limit.quota} requests in {limit.window_seconds} s, "
            f"expected the next in {usage.reset_seconds} s"
        )
        raise RateExceededError(message, usage.reset_seconds)


def add_limit_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell where the caller is with the rate limit.

    Source: draft-ietf-httpapi-ratelimit-headers, structured fields.
    """
    usage: Usage | None = getattr(request, "usage", None)
    if usage is None:
        return
    name, limit = usage.limit.name, usage.limit
    response["RateLimit-Policy"] = f'"{name}";q={limit.quota};w={limit.window_seconds}'
    response["RateLimit"] = f'"{name}";r={usage.remaining};t={usage.reset_seconds}'
