"""What people can do with schedules: make, change, pause, resume and delete them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import list_zones
from bookbag.exports.errors import RuleError
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.schedules.recurrence import Recurrence
from bookbag.exports.schedules.rules import parse_rule
from bookbag.exports.schedules.states import ScheduleState
from bookbag.exports.services import check_request

SCHEDULES_PER_PERSON = 100
OLDEST_START, LATEST_START = timedelta(days=366), timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a schedule is to run, as somebody asks for it."""

    rule: str
    """A recurrence rule, such as ``FREQ=DAILY``."""
    first_day: date
    clock_time: time
    """When on a day, if the rule does not say otherwise."""
    time_zone: str

    def check(self) -> Recurrence:
        """Return the recurrence that is asked for.

        Raises:
            RuleError: If a part of it cannot be used.
        """
        if self.time_zone not in list_zones():
            message = (
                f"Found {self.time_zone[:60]!r}, expected a time zone like "
                "Europe/Berlin"
            )
            raise RuleError(message)
        today = timezone.now().date()
        if not today - OLDEST_START <= self.first_day <= today + LATEST_START:
            message = (
                f"Found {self.first_day}, expected a first day from a year ago to five "
                "years ahead"
            )
            raise RuleError(message)
        return Recurrence(
            rule=parse_rule(self.rule),
            starts_at=datetime.combine(self.first_day, self.clock_time),
            zone=ZoneInfo(self.time_zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a schedule is to export."""

    identifier: str
    scope: ExportScope
    options: Mapping[str, str] = field(default_factory=dict)


def create_schedule(*, owner: User, request: Request, timing: Timing) -> Schedule:
    """Make a schedule in the name of a person.

    Raises:
        ExportsError: What ``check_request`` refuses, a rule that cannot be used or
            has no run any more, or one schedule too many.
    """
    options = check_request(owner, request.identifier, request.scope, request.options)
    if Schedule.objects.filter(owner=owner).count() >= SCHEDULES_PER_PERSON:
        message = f"Found {SCHEDULES_PER_PERSON} schedules, which is the limit"
        raise RuleError(message)
    schedule = Schedule(
        owner=owner,
        workspace=request.scope.workspace,
        course=request.scope.course,
        assignment=request.scope.assignment,
        subject=request.scope.subject,
        project=request.scope.project,
        identifier=request.identifier,
        scope_name=request.scope.name[:300],
        options=options,
        next_run_at=find_next_run(timing.check()),
    )
    _set_timing(schedule, timing)
    with transaction.atomic():
        schedule.save(force_insert=True)
        _record(schedule, Act.SCHEDULE_SAVED)
    return schedule


def change_schedule(
    schedule: Schedule, *, options: Mapping[str, str], timing: Timing
) -> None:
    """Change what a schedule chooses and when it runs; it is active afterwards.

    Raises:
        ExportsError: As for a new schedule.
    """
    schedule.options = check_request(
        schedule.owner, schedule.identifier, schedule.scope, options
    )
    _set_timing(schedule, timing)
    _activate(schedule, timing.check(), Act.SCHEDULE_SAVED)


def pause_schedule(schedule: Schedule) -> None:
    """Let a schedule rest; an export that runs goes on."""
    active = Schedule.objects.filter(pk=schedule.pk, state=ScheduleState.ACTIVE)
    with transaction.atomic():
        if active.update(state=ScheduleState.PAUSED, next_run_at=None):
            _record(schedule, Act.SCHEDULE_PAUSED)
    schedule.refresh_from_db()


def resume_schedule(schedule: Schedule) -> None:
    """Let a schedule that rests or was stopped go on; what it missed is not made up.

    Raises:
        RuleError: If its rule has no run any more.
    """
    _activate(schedule, schedule.recurrence, Act.SCHEDULE_RESUMED)


@transaction.atomic
def delete_schedule(schedule: Schedule) -> None:
    """Delete a schedule; the exports that it made stay until they expire."""
    _record(schedule, Act.SCHEDULE_DELETED)
    schedule.delete()


def find_next_run(recurrence: Recurrence) -> datetime:
    """Return the next run from now on.

    Raises:
        RuleError: If there is none.
    """
    runs = recurrence.list_runs(timezone.now(), 1)
    if not runs:
        message = "Found a rule without a run from now on, expected at least one"
        raise RuleError(message)
    return runs[0]


def _set_timing(schedule: Schedule, timing: Timing) -> None:
    schedule.rule = str(parse_rule(timing.rule))
    schedule.first_day = timing.first_day
    schedule.clock_time = timing.clock_time
    schedule.time_zone = timing.time_zone


def _activate(schedule: Schedule, recurrence: Recurrence, act: Act) -> None:
    schedule.next_run_at = find_next_run(recurrence)
    schedule.state = ScheduleState.ACTIVE
    schedule.failure_count = 0
    schedule.last_failure = ""
    with transaction.atomic():
        schedule.save()
        _record(schedule, act)


def _record(schedule: Schedule, act: Act) -> None:
    deed = Deed(
        act=act,
        target=schedule,
        target_key=schedule.pk,
        detail=f"{schedule.rule} from {schedule.first_day} {schedule.clock_time} "
        f"{schedule.time_zone}",
    )
    record(schedule.workspace_id, deed)
