"""Making and changing schedules: what is refused, and for whom."""

from collections.abc import Callable
from datetime import date, time

import pytest
from time_machine import Traveller

from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import (
    ExportsError,
    OptionsError,
    PermissionRefusedError,
    RuleError,
    ScopeError,
)
from bookbag.exports.schedules import services
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.schedules.rules import parse_rule
from bookbag.exports.schedules.selectors import get_schedule, list_schedules
from bookbag.exports.schedules.services import (
    Request,
    Timing,
    change_schedule,
    create_schedule,
)
from bookbag.exports.schedules.wording import describe_rule
from tests import factories

Maker = Callable[..., Schedule]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"options": {"reading": "no"}}, OptionsError, "Found 'no', expected one of"),
        ({"options": {"colour": "no"}}, OptionsError, "Found option 'colour', which"),
        ({"rule": "FREQ=SOMETIMES"}, RuleError, "Found FREQ=SOMETIMES, expected one"),
        ({"time_zone": "Mars/Base"}, RuleError, "Found 'Mars/Base', expected a time"),
        (
            {"first_day": date(2019, 1, 1)},
            RuleError,
            "Found 2019-01-01, expected a first day from a year ago to five years",
        ),
        (
            {"rule": "FREQ=DAILY;UNTIL=20270101"},
            RuleError,
            "Found a rule without a run from now on, expected at least one",
        ),
    ],
)
def test_what_cannot_run_is_refused_at_once(
    clock: Traveller,
    make_schedule: Maker,
    changes: dict[str, object],
    error: type[ExportsError],
    message: str,
) -> None:
    with pytest.raises(error) as refused:
        make_schedule(**changes)

    assert str(refused.value).startswith(message)
    assert not Schedule.objects.exists()


def test_nobody_schedules_what_they_may_not_export(
    clock: Traveller, make_schedule: Maker, course: Course
) -> None:
    student = factories.enrol(course)

    with pytest.raises(PermissionRefusedError):
        make_schedule(owner=student)


def test_a_schedule_is_of_the_scope_of_its_export(
    clock: Traveller, course: Course, teacher: User
) -> None:
    request = Request(identifier="users", scope=ExportScope.of_course(course))
    timing = Timing(
        rule="FREQ=DAILY",
        first_day=date(2027, 1, 1),
        clock_time=time(2),
        time_zone="UTC",
    )

    with pytest.raises(ScopeError):
        create_schedule(owner=teacher, request=request, timing=timing)


def test_nobody_has_more_schedules_than_the_limit(
    clock: Traveller, make_schedule: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SCHEDULES_PER_PERSON", 1)
    make_schedule()

    with pytest.raises(RuleError, match="Found 1 schedules, which is the limit"):
        make_schedule()


def test_a_changed_schedule_runs_by_its_new_rule(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    timing = Timing(
        rule="freq=weekly;byday=fr",
        first_day=date(2027, 1, 1),
        clock_time=time(6),
        time_zone="Europe/Berlin",
    )

    change_schedule(schedule, options={"reading": "all"}, timing=timing)

    schedule.refresh_from_db()
    assert (schedule.rule, schedule.options["reading"]) == (
        "FREQ=WEEKLY;BYDAY=FR",
        "all",
    )
    assert str(schedule.next_run_at) == "2027-01-15 05:00:00+00:00"


def test_owners_and_admins_see_a_schedule_and_nobody_else(
    clock: Traveller, make_schedule: Maker, course: Course, teacher: User
) -> None:
    schedule = make_schedule()
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    colleague = factories.make_teacher(course)
    stranger = factories.make_user()

    for person in (teacher, admin):
        assert get_schedule(person, schedule.pk) == schedule
    for person in (colleague, stranger):
        assert not list_schedules(person, course.workspace)
        with pytest.raises(Schedule.DoesNotExist):
            get_schedule(person, schedule.pk)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY;COUNT=1", "Once"),
        ("FREQ=DAILY", "Every day"),
        ("FREQ=DAILY;UNTIL=20270131", "Every day until 31 Jan 2027"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Monday to Friday"),
        ("FREQ=WEEKLY;BYDAY=TU,SA", "Every Tuesday, Saturday"),
        ("FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2"),
        ("FREQ=DAILY;UNTIL=20270131T100000Z", "FREQ=DAILY;UNTIL=20270131T100000Z"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
    ],
)
def test_usual_rules_are_said_in_words_and_others_as_they_are(
    rule: str, words: str
) -> None:
    assert describe_rule(parse_rule(rule)) == words


def test_what_is_done_to_a_schedule_stands_in_the_audit_log(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    services.pause_schedule(schedule)
    services.pause_schedule(schedule)
    services.resume_schedule(schedule)
    services.delete_schedule(schedule)

    assert [str(draft.act) for draft in AuditDraft.objects.order_by("pk")] == [
        "schedule.saved",
        "schedule.paused",
        "schedule.resumed",
        "schedule.deleted",
    ]
