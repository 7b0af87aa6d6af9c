"""The API: its resources, gathered, and how its errors are answered."""

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from bookbag.api.errors import (
    FieldFault,
    NotFoundError,
    RequestInvalidError,
    RequestUnreadableError,
)
from bookbag.api.problems import PROBLEMS, TRANSLATED, answer_problem
from bookbag.api.resource import Resource
from bookbag.api.resources import (
    activity,
    batches,
    catalogue,
    courses,
    deliveries,
    enrolments,
    exports,
    groups,
    members,
    schedules,
    tokens,
    webhooks,
    workspaces,
)

RESOURCES: tuple[Resource, ...] = (
    tokens.resource,
    catalogue.resource,
    exports.resource,
    deliveries.resource,
    schedules.resource,
    webhooks.resource,
    workspaces.resource,
    members.resource,
    groups.resource,
    courses.resource,
    enrolments.resource,
    activity.resource,
    batches.resource,
)
"""Every resource, in the order in which the documentation shows them."""


def make_api() -> NinjaAPI:
    """Return the API with all its resources."""
    api = NinjaAPI(
        title="Bookbag",
        version="1",
        urls_namespace="api",
        docs_url=None,
        openapi_url=None,
    )
    for kind in (*PROBLEMS, *TRANSLATED):
        api.add_exception_handler(kind, answer_problem)
    api.add_exception_handler(ValidationError, _answer_invalid)
    api.add_exception_handler(HttpError, _answer_unreadable)
    api.add_exception_handler(Http404, _answer_missing)
    for resource in RESOURCES:
        api.add_router("", resource.router)
    return api


def _answer_invalid(
    request: HttpRequest, error: ValidationError | type[ValidationError]
) -> HttpResponse:
    found = [] if isinstance(error, type) else error.errors
    faults = [
        FieldFault(
            field=".".join(str(part) for part in fault["loc"]), detail=fault["msg"]
        )
        for fault in found
    ]
    named = ", ".join(fault.field for fault in faults)
    message = f"Found something invalid in {named}: see errors"
    return answer_problem(request, RequestInvalidError(message, faults))


def _answer_unreadable(
    request: HttpRequest, error: HttpError | type[HttpError]
) -> HttpResponse:
    return answer_problem(request, RequestUnreadableError(f"Found {error}"))


def _answer_missing(request: HttpRequest, _error: object) -> HttpResponse:
    return answer_problem(request, NotFoundError())


api = make_api()
