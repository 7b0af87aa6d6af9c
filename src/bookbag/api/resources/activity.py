"""Role-play sessions and access events."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Schema

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError
from bookbag.api.fields import Id, Moment, PersonRef, ShortText, WorkspaceSlug, given
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.activity.selectors import course_events
from bookbag.domain.finding import find_taught_course, find_workspace
from bookbag.domain.policies import can_administer_workspace, can_view_session
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.domain.roleplay.selectors import exported_sessions, rank_session

resource = Resource("Activity")
READ = TokenScope.ACTIVITY_READ
_RELATED = ("participant", "scenario", "program", "assignment__assigner", "workspace")


class SessionOut(Schema):
    """One recorded attempt at a scenario."""

    id: int
    external_id: str
    participant: PersonRef
    scenario: str
    difficulty: str
    program: str | None
    assigned_by: str | None
    score: float | None
    rank: str
    is_valid_attempt: bool
    started_at: datetime
    ended_at: datetime | None
    feedback: str


class AccessEventOut(Schema):
    """One time that somebody signed in or out, or opened or closed a project."""

    id: int
    external_id: str
    user: PersonRef
    access_type: AccessType
    occurred_at: datetime
    assignment_name: str | None
    role: str
    project_path: str
    ip_address: str | None


class SessionQuery(Paging):
    """Which sessions to list."""

    sort: Literal["id", "-id", "started_at", "-started_at"] = "-started_at"
    scenario_id: Id | None = None
    program_id: Id | None = None
    participant_id: Id | None = None
    started_after: Moment | None = None
    external_id: ShortText | None = None


class AccessEventQuery(Paging):
    """Which access events to list."""

    sort: Literal["occurred_at", "-occurred_at"] = "occurred_at"
    user_id: Id | None = None
    access_type: AccessType | None = None
    occurred_after: Moment | None = None
    occurred_before: Moment | None = None


@resource.endpoint(
    "GET",
    "/workspaces/{workspace}/sessions",
    scope=READ,
    answers={200: Page[SessionOut]},
    refuses=(404, 422),
)
def list_sessions(
    request: HttpRequest,
    response: HttpResponse,
    workspace: WorkspaceSlug,
    query: Query[SessionQuery],
) -> Page[SessionOut]:
    """List sessions that count: all of them for an admin, their own for anybody else.

    Demo and archived sessions do not count.
    """
    person = get_person(request)
    here = find_workspace(person, workspace)
    found = exported_sessions(here).select_related(*_RELATED)
    if not can_administer_workspace(person, here):
        found = found.filter(participant=person)
    found = found.filter(
        **given(
            scenario=query.scenario_id,
            program=query.program_id,
            participant=query.participant_id,
            started_at__gt=query.started_after,
            external_id=query.external_id,
        )
    )
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_session)


@resource.endpoint(
    "GET",
    "/sessions/{int:session_id}",
    scope=READ,
    answers={200: SessionOut},
    refuses=(404, 422),
)
def get_session(request: HttpRequest, session_id: Id) -> SessionOut:
    """Return a session: to its participant, and to those who administer."""
    sessions = RoleplaySession.objects.select_related(*_RELATED)
    session = sessions.filter(pk=session_id).first()
    if session is None or not can_view_session(get_person(request), session):
        raise NotFoundError
    return _present_session(session)


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}/access-events",
    scope=READ,
    answers={200: Page[AccessEventOut]},
    refuses=(404, 422),
)
def list_access_events(
    request: HttpRequest,
    response: HttpResponse,
    course_id: Id,
    query: Query[AccessEventQuery],
) -> Page[AccessEventOut]:
    """List a course's access events that are kept, as its export has them."""
    course = find_taught_course(get_person(request), course_id)
    found = course_events(course, timezone.now()).select_related("user")
    found = found.filter(
        **given(
            user=query.user_id,
            access_type=query.access_type,
            occurred_at__gt=query.occurred_after,
            occurred_at__lt=query.occurred_before,
        )
    )
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_event)


def _present_session(session: RoleplaySession) -> SessionOut:
    participant, assignment = session.participant, session.assignment
    return SessionOut(
        id=session.pk,
        external_id=session.external_id,
        participant=PersonRef(id=participant.pk, name=participant.full_name),
        scenario=session.scenario.name,
        difficulty=session.scenario.difficulty,
        program=None if session.program is None else session.program.name,
        assigned_by=None if assignment is None else assignment.assigner.email,
        score=session.score,
        rank=rank_session(session),
        is_valid_attempt=session.is_valid_attempt,
        started_at=session.started_at,
        ended_at=session.ended_at,
        feedback=session.feedback,
    )


def _present_event(event: AccessEvent) -> AccessEventOut:
    return AccessEventOut(
        id=event.pk,
        external_id=event.event_id,
        user=PersonRef(id=event.user_id, name=event.user.full_name),
        access_type=AccessType(event.access_type),
        occurred_at=event.occurred_at,
        assignment_name=getattr(event, "reported_name", None),
        role=getattr(event, "reported_role", event.role),
        project_path=event.project_path,
        ip_address=event.ip_address,
    )
