"""Schedules: exports that are asked for by a rule, in the name of their owner."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Schema, Status
from pydantic import Field

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError, NotPermittedError
from bookbag.api.fields import PersonRef, ShortText
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.presenting import Failure, Scope
from bookbag.api.resource import Resource
from bookbag.api.resources.exports import ScopeRequest
from bookbag.domain.access.scopes import TokenScope
from bookbag.exports.catalogue import get_definition
from bookbag.exports.schedules import selectors, services
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from bookbag.exports.schedules.states import RunState, ScheduleState
from bookbag.exports.scopes import ScopeParts, find_scope

resource = Resource("Schedules")
READ, WRITE = TokenScope.EXPORTS_READ, TokenScope.EXPORTS_WRITE
NEXT_RUNS = 5
RULE = "A rule of RFC 5545: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY."
TIME = "By the clock of the zone; seconds and an offset are left out."

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ScheduleRequest(Schema):
    """What to export, and when."""

    identifier: ShortText
    scope: ScopeRequest
    options: dict[ShortText, ShortText] = {}
    rule: ShortText = Field(description=RULE)
    first_day: date
    time: ClockTime = Field(description=TIME)
    time_zone: ShortText = "UTC"


class ScheduleChange(Schema):
    """What to change; what is left out stays. The schedule is active afterwards."""

    options: dict[ShortText, ShortText] | None = None
    rule: ShortText | None = Field(None, description=RULE)
    first_day: date | None = None
    time: ClockTime | None = Field(None, description=TIME)
    time_zone: ShortText | None = None


class ScheduleOut(Schema):
    """A schedule, with its next five runs."""

    id: uuid.UUID
    identifier: str
    scope: Scope
    options: dict[str, str]
    rule: str
    first_day: date
    time: str
    time_zone: str
    state: ScheduleState
    next_runs: list[datetime]
    failure_count: int
    last_failure: str | None
    owner: PersonRef
    created_at: datetime
    url: str


class RunOut(Schema):
    """One run: the export that it asked for, or why there is none."""

    id: int
    planned_at: datetime
    started_at: datetime
    missed_count: int
    state: RunState
    export_id: uuid.UUID | None
    failure: Failure | None


class ScheduleQuery(Paging):
    """Which schedules to list."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    workspace: ShortText | None = None
    state: ScheduleState | None = None


class RunQuery(Paging):
    """How to list runs."""

    sort: Literal["planned_at", "-planned_at"] = "-planned_at"


@resource.endpoint(
    "POST",
    "/schedules",
    scope=WRITE,
    answers={201: ScheduleOut},
    refuses=(400, 404, 422),
)
def create_schedule(
    request: HttpRequest, response: HttpResponse, body: ScheduleRequest
) -> Status[ScheduleOut]:
    """Make a schedule in the caller's name."""
    person = get_person(request)
    kind = get_definition(body.identifier).scope_kind
    scope = find_scope(person, kind, ScopeParts(**body.scope.model_dump()))
    wanted = services.Request(
        identifier=body.identifier, scope=scope, options=body.options
    )
    timing = services.Timing(
        rule=body.rule,
        first_day=body.first_day,
        clock_time=time.fromisoformat(body.time),
        time_zone=body.time_zone,
    )
    made = services.create_schedule(owner=person, request=wanted, timing=timing)
    response["Location"] = _address(request, made)
    return Status(201, _present(request, made))


@resource.endpoint(
    "GET", "/schedules", scope=READ, answers={200: Page[ScheduleOut]}, refuses=(422,)
)
def list_schedules(
    request: HttpRequest, response: HttpResponse, query: Query[ScheduleQuery]
) -> Page[ScheduleOut]:
    """List the caller's schedules, and for workspace admins everybody's."""
    chosen = {"workspace__slug": query.workspace, "state": query.state}
    conditions = {name: value for name, value in chosen.items() if value is not None}
    part = read_slice(
        selectors.list_visible_schedules(get_person(request)).filter(**conditions),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    return answer_page(request, response, part, lambda s: _present(request, s))


@resource.endpoint(
    "GET",
    "/schedules/{uuid:schedule_id}",
    scope=READ,
    answers={200: ScheduleOut},
    refuses=(404, 422),
)
def get_schedule(request: HttpRequest, schedule_id: uuid.UUID) -> ScheduleOut:
    """Return a schedule with its next runs."""
    return _present(request, _find(request, schedule_id))


@resource.endpoint(
    "PATCH",
    "/schedules/{uuid:schedule_id}",
    scope=WRITE,
    answers={200: ScheduleOut},
    refuses=(400, 404, 422),
)
def change_schedule(
    request: HttpRequest, schedule_id: uuid.UUID, body: ScheduleChange
) -> ScheduleOut:
    """Change a schedule of the caller's own; it is active afterwards."""
    found = _find(request, schedule_id)
    if found.owner_id != get_person(request).pk:
        raise NotPermittedError
    clock_time = (
        found.clock_time if body.time is None else time.fromisoformat(body.time)
    )
    timing = services.Timing(
        rule=found.rule if body.rule is None else body.rule,
        first_day=body.first_day or found.first_day,
        clock_time=clock_time,
        time_zone=found.time_zone if body.time_zone is None else body.time_zone,
    )
    options = found.options if body.options is None else body.options
    services.change_schedule(found, options=options, timing=timing)
    return _present(request, found)


@resource.endpoint(
    "POST",
    "/schedules/{uuid:schedule_id}/pause",
    scope=WRITE,
    answers={200: ScheduleOut},
    refuses=(404, 422),
)
def pause_schedule(request: HttpRequest, schedule_id: uuid.UUID) -> ScheduleOut:
    """Let a schedule rest; an export that runs goes on."""
    return _do(request, schedule_id, services.pause_schedule)


@resource.endpoint(
    "POST",
    "/schedules/{uuid:schedule_id}/resume",
    scope=WRITE,
    answers={200: ScheduleOut},
    refuses=(404, 422),
)
def resume_schedule(request: HttpRequest, schedule_id: uuid.UUID) -> ScheduleOut:
    """Let a schedule that rests or was stopped go on; nothing is made up for."""
    return _do(request, schedule_id, services.resume_schedule)


@resource.endpoint(
    "DELETE",
    "/schedules/{uuid:schedule_id}",
    scope=WRITE,
    answers={204: None},
    refuses=(404, 422),
)
def delete_schedule(request: HttpRequest, schedule_id: uuid.UUID) -> Status[None]:
    """Delete a schedule; the exports that it made stay until they expire."""
    services.delete_schedule(_find(request, schedule_id))
    return Status(204, None)


@resource.endpoint(
    "GET",
    "/schedules/{uuid:schedule_id}/runs",
    scope=READ,
    answers={200: Page[RunOut]},
    refuses=(404, 422),
)
def list_runs(
    request: HttpRequest,
    response: HttpResponse,
    schedule_id: uuid.UUID,
    query: Query[RunQuery],
) -> Page[RunOut]:
    """List what became of the runs of a schedule, the last first."""
    part = read_slice(
        ScheduleRun.objects.filter(schedule=_find(request, schedule_id)),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    return answer_page(request, response, part, _present_run)


def _find(request: HttpRequest, schedule_id: uuid.UUID) -> Schedule:
    try:
        return selectors.get_schedule(get_person(request), schedule_id)
    except Schedule.DoesNotExist as error:
        raise NotFoundError from error


def _do(
    request: HttpRequest, schedule_id: uuid.UUID, act: Callable[[Schedule], None]
) -> ScheduleOut:
    found = _find(request, schedule_id)
    act(found)
    return _present(request, found)


def _address(request: HttpRequest, schedule: Schedule) -> str:
    path = reverse("api:get_schedule", kwargs={"schedule_id": schedule.pk})
    return request.build_absolute_uri(path)


def _present(request: HttpRequest, schedule: Schedule) -> ScheduleOut:
    next_runs: list[datetime] = []
    if schedule.next_run_at is not None:
        next_runs = schedule.recurrence.list_runs(timezone.now(), NEXT_RUNS)
    return ScheduleOut(
        id=schedule.pk,
        identifier=schedule.identifier,
        scope=_present_scope(schedule),
        options={name: str(value) for name, value in schedule.options.items()},
        rule=schedule.rule,
        first_day=schedule.first_day,
        time=f"{schedule.clock_time:%H:%M}",
        time_zone=schedule.time_zone,
        state=ScheduleState(schedule.state),
        next_runs=next_runs,
        failure_count=schedule.failure_count,
        last_failure=schedule.last_failure or None,
        owner=PersonRef(id=schedule.owner_id, name=schedule.owner.full_name),
        created_at=schedule.created_at,
        url=_address(request, schedule),
    )


def _present_scope(schedule: Schedule) -> Scope:
    return Scope(
        kind=schedule.scope.kind.value,
        name=schedule.scope_name,
        workspace=schedule.workspace.slug,
        course_id=schedule.course_id,
        assignment_id=schedule.assignment_id,
        student_id=schedule.subject_id,
    )


def _present_run(run: ScheduleRun) -> RunOut:
    has_failed = run.state == RunState.FAILED
    return RunOut(
        id=run.pk,
        planned_at=run.planned_at,
        started_at=run.started_at,
        missed_count=run.missed_count,
        state=RunState(run.state),
        export_id=run.export_id,
        failure=Failure(code=run.failure_code, detail=run.failure_sentence)
        if has_failed
        else None,
    )
