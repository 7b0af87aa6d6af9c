"""Batch upserts: members, groups, enrolments, sessions and access events."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse

from bookbag.api.authentication import get_person
from bookbag.api.batches import BatchOut, answer_batch, describe_batch
from bookbag.api.fields import Id, WorkspaceSlug
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.finding import find_administered_workspace, find_changed_course
from bookbag.imports.batches import activity, groups, people
from bookbag.imports.batches.rows import BatchFields

resource = Resource("Batches")
REFUSES = (400, 404, 409, 413, 422)


def _describe(fields: BatchFields) -> dict[str, Any]:
    kinds = {"description": "A text, a number, true, false or null."}
    names = (*fields.required, *fields.optional)
    return describe_batch(dict.fromkeys(names, kinds), fields.required)


@resource.endpoint(
    "POST",
    "/workspaces/{workspace}/members/batch",
    scope=TokenScope.PEOPLE_WRITE,
    answers={200: BatchOut},
    refuses=REFUSES,
    extra=_describe(people.MEMBER_FIELDS),
)
def load_members(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Add members and change those who are there, up to 10,000 in a call.

    A member is known by `external_id`, or else by `email`. What is left out stays. An
    account that is there keeps its names and its address; new ones have no password.
    """
    here = find_administered_workspace(get_person(request), workspace)
    return answer_batch(request, partial(people.load_members, here))


@resource.endpoint(
    "POST",
    "/workspaces/{workspace}/groups/batch",
    scope=TokenScope.PEOPLE_WRITE,
    answers={200: BatchOut},
    refuses=REFUSES,
    extra=_describe(groups.FIELDS),
)
def load_groups(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Make and rename groups and add members to them, up to 10,000 groups in a call.

    A group is known by `external_id`, or else by `name`. `members` has addresses with
    blanks or commas between them; nobody is taken out of a group.
    """
    here = find_administered_workspace(get_person(request), workspace)
    return answer_batch(request, partial(groups.load_groups, here))


@resource.endpoint(
    "POST",
    "/courses/{int:course_id}/enrolments/batch",
    scope=TokenScope.COURSES_WRITE,
    answers={200: BatchOut},
    refuses=REFUSES,
    extra=_describe(people.ENROLMENT_FIELDS),
)
def load_enrolments(request: HttpRequest, course_id: Id) -> HttpResponse:
    """Enrol members in a course, or remove them, up to 10,000 in a call.

    `user` is a user name or an address of a member; `role` is Student, Teacher or
    Read-only Teacher; `removed` ends the enrolment, and its row stays.
    """
    course = find_changed_course(get_person(request), course_id)
    return answer_batch(request, partial(people.load_enrolments, course))


@resource.endpoint(
    "POST",
    "/workspaces/{workspace}/sessions/batch",
    scope=TokenScope.ACTIVITY_WRITE,
    answers={200: BatchOut},
    refuses=REFUSES,
    extra=_describe(activity.SESSION_FIELDS),
)
def load_sessions(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Load role-play sessions, up to 10,000 in a call.

    A session is known by `external_id`. People, scenarios and programs that are new
    are made, as when a file of sessions is loaded.
    """
    here = find_administered_workspace(get_person(request), workspace)
    return answer_batch(request, partial(activity.load_sessions, here))


@resource.endpoint(
    "POST",
    "/workspaces/{workspace}/access-events/batch",
    scope=TokenScope.ACTIVITY_WRITE,
    answers={200: BatchOut},
    refuses=REFUSES,
    extra=_describe(activity.EVENT_FIELDS),
)
def load_access_events(request: HttpRequest, workspace: WorkspaceSlug) -> HttpResponse:
    """Load access events, up to 10,000 in a call.

    An event is known by `external_id`; one that is there already is left as it is.
    """
    here = find_administered_workspace(get_person(request), workspace)
    return answer_batch(request, partial(activity.load_access_events, here))
