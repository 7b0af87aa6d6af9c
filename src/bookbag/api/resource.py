"""A resource of the API: a router whose every endpoint names its scope and answers."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from ninja import Router, Schema
from ninja.constants import NOT_SET

from bookbag.api.authentication import BearerAuth
from bookbag.api.problems import MEDIA_TYPE
from bookbag.domain.access.scopes import TokenScope

Function = TypeVar("Function", bound=Callable[..., Any])
COMMON = (401, 403, 429)
"""What every endpoint with a token may answer."""


class Problem(Schema):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[dict[str, str]] | None = None


class Resource:
    """The endpoints of one resource."""

    def __init__(self, name: str) -> None:
        self.router = Router(tags=[name])

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        scope: TokenScope | None,
        answers: Mapping[int, Any],
        refuses: Sequence[int] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Return a decorator that makes a function an endpoint.

        Args:
            method: GET, POST and so on.
            path: The address under ``/api/v1``.
            scope: What the token must be good for; None for everybody.
            answers: What it answers by status.
            refuses: Statuses of problems that it may answer, beside those that every
                endpoint may.
            extra: Further parts of its description.
        """
        common = () if scope is None else COMMON
        description: dict[str, Any] = {"responses": {}, **(extra or {})}
        described = describe_problems(sorted({*common, *refuses}))
        description["responses"] = described | description["responses"]
        if scope is not None:
            description["x-scope"] = scope.value

        def decorate(function: Function) -> Function:
            for name in (method, "HEAD") if method == "GET" else (method,):
                self.router.add_api_operation(
                    path,
                    [name],
                    function,
                    auth=None if scope is None else BearerAuth(scope),
                    response=dict(answers) or NOT_SET,
                    operation_id=function.__name__,
                    summary=_first_line(function).removesuffix("."),
                    openapi_extra=description,
                    include_in_schema=name == method,
                )
            return function

        return decorate


def describe_problems(statuses: Sequence[int]) -> dict[int, Any]:
    """Return the description of problems by status."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def describe_content(text: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of an answer that is not made from a type.

    Args:
        text: What it is.
        content: Schemas by media type.
    """
    described = {kind: {"schema": schema} for kind, schema in content.items()}
    return {"description": text, "content": described}


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").partition("\n")[0]
