"""Batch upserts: members, groups, enrolments, sessions and access events."""

from collections.abc import Callable, Iterable
from functools import partial

from django.http import HttpRequest, HttpResponse

from bookbag.api.authentication import get_person
from bookbag.api.batches import BatchOut, answer_batch, describe_batch
from bookbag.api.fields import Id, WorkspaceSlug
from bookbag.api.resource import Function, Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_administered_workspace, find_changed_course
from bookbag.domain.people.models import Workspace
from bookbag.imports.batches import activity, groups, people
from bookbag.imports.batches.rows import BatchFields, RowResult

resource = Resource("Batches")
Rows = Iterable[tuple[int, object]]


def _batch(
    path: str, scope: TokenScope, fields: BatchFields
) -> Callable[[Function], Function]:
    """Return a decorator for the endpoint that takes rows with some fields."""
    kinds = {"description": "A text, a number, true, false or null."}
    names = (*fields.required, *fields.optional)
    return resource.endpoint(
        "POST",
        path,
        scope=scope,
        answers={200: BatchOut},
        refuses=(400, 404, 409, 413, 422),
        extra=describe_batch(dict.fromkeys(names, kinds), fields.required),
    )


def _load_into(
    request: HttpRequest,
    workspace: str,
    load: Callable[[Workspace, Rows], list[RowResult]],
) -> HttpResponse:
    here = find_administered_workspace(get_person(request), workspace)
    return answer_batch(request, partial(load, here))


@_batch(
    "/workspaces/{workspace}/members/batch",
    TokenScope.PEOPLE_WRITE,
    people.MEMBER_FIELDS,
)
def load_members(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Add members and change those who are there, up to 10,000 in a call.

    A member is known by `external_id`, or else by `email`. What is left out stays. An
    account that is there keeps its names and its address; new ones have no password.
    """
    return _load_into(request, workspace, people.load_members)


@_batch("/workspaces/{workspace}/groups/batch", TokenScope.PEOPLE_WRITE, groups.FIELDS)
def load_groups(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Make and rename groups and add members to them, up to 10,000 groups in a call.

    A group is known by `external_id`, or else by `name`. `members` has addresses with
    blanks or commas between them; nobody is taken out of a group.
    """
    return _load_into(request, workspace, groups.load_groups)


@_batch(
    "/courses/{int:course_id}/enrolments/batch",
    TokenScope.COURSES_WRITE,
    people.ENROLMENT_FIELDS,
)
def load_enrolments(request: HttpRequest, course_id: Id) -> HttpResponse:
    """Enrol members in a course, or remove them, up to 10,000 in a call.

    `user` is a user name or an address of a member; `role` is Student, Teacher or
    Read-only Teacher; `removed` ends the enrolment, and its row stays.
    """
    course = find_changed_course(get_person(request), course_id)
    return answer_batch(request, partial(people.load_enrolments, course))


@_batch(
    "/workspaces/{workspace}/sessions/batch",
    TokenScope.ACTIVITY_WRITE,
    activity.SESSION_FIELDS,
)
def load_sessions(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Load role-play sessions, up to 10,000 in a call.

    A session is known by `external_id`. People, scenarios and programs that are new
    are made, as when a file of sessions is loaded.
    """
    return _load_into(request, workspace, activity.load_sessions)


@_batch(
    "/workspaces/{workspace}/access-events/batch",
    TokenScope.ACTIVITY_WRITE,
    activity.EVENT_FIELDS,
)
def load_access_events(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Load access events, up to 10,000 in a call.

    An event is known by `external_id`; one that is there already is left as it is.
    """
    return _load_into(request, workspace, activity.load_access_events)
