"""Running schedules: once each, with the owner's rights of that moment."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from time_machine import Traveller

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import Member, MemberStatus, User
from bookbag.exports.models import Export, ExportRequester
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from bookbag.exports.schedules.running import run_due_schedules, run_schedule
from bookbag.exports.schedules.services import pause_schedule, resume_schedule
from bookbag.exports.schedules.states import RunState, ScheduleState

Maker = Callable[..., Schedule]


def at(day: int, hour: int = 2, minute: int = 0) -> datetime:
    return datetime(2027, 1, day, hour, minute, tzinfo=UTC)


def test_a_run_asks_for_the_export_in_the_owners_name(
    clock: Traveller, make_schedule: Maker, teacher: User, woken: list[str]
) -> None:
    schedule = make_schedule(options={"reading": "all"})
    assert schedule.next_run_at == at(11)
    assert run_due_schedules() == 0

    clock.move_to(at(11))
    assert run_due_schedules() == 1

    run = ScheduleRun.objects.get()
    export = Export.objects.get()
    assert (run.export, run.planned_at, run.state) == (export, at(11), "started")
    assert (export.requested_by, export.options) == (teacher, {"reading": "all"})
    schedule.refresh_from_db()
    assert schedule.next_run_at == at(12)


def test_nobody_waits_for_it_so_it_does_not_download_by_itself(
    clock: Traveller, make_schedule: Maker
) -> None:
    make_schedule()
    clock.move_to(at(11))

    run_due_schedules()

    assert ExportRequester.objects.get().dismissed_at is not None


def test_a_second_look_makes_no_second_run(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    clock.move_to(at(11))

    assert run_schedule(schedule.pk)
    assert not run_schedule(schedule.pk)
    assert run_due_schedules() == 0
    assert ScheduleRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_look_at_once_one_makes_the_run(
    make_schedule: Maker,
) -> None:
    schedule = make_schedule()
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    barrier = threading.Barrier(4)
    made = []

    def work() -> None:
        barrier.wait()
        made.append(run_schedule(schedule.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [False, False, False, True]
    assert ScheduleRun.objects.count() == Export.objects.count() == 1


def test_after_fifty_days_without_a_worker_it_runs_once(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    clock.move_to(at(11) + timedelta(days=50, hours=3))

    assert run_due_schedules() == 1

    run = ScheduleRun.objects.get()
    assert (run.planned_at, run.missed_count) == (at(11) + timedelta(days=50), 50)
    schedule.refresh_from_db()
    assert schedule.next_run_at == at(11) + timedelta(days=51)


def test_once_after_a_date_runs_once_and_is_finished(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule("FREQ=DAILY;COUNT=1", first_day=at(15).date())
    clock.move_to(at(16))

    assert run_due_schedules() == 1

    schedule.refresh_from_db()
    assert (schedule.state, schedule.next_run_at) == (ScheduleState.FINISHED, None)


def end_enrolment(owner: User, _course: Course) -> None:
    Enrolment.objects.filter(user=owner).update(removed_at=timezone.now())


def end_membership(owner: User, _course: Course) -> None:
    Member.objects.filter(user=owner).update(status=MemberStatus.DEACTIVATED)


def end_account(owner: User, _course: Course) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)


def end_course(_owner: User, course: Course) -> None:
    Course.objects.filter(pk=course.pk).update(deleted_at=timezone.now())


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (end_enrolment, "export_permission_refused"),
        (end_membership, "export_permission_refused"),
        (end_account, "export_permission_refused"),
        (end_course, "export_source_gone"),
    ],
)
def test_rights_are_those_of_the_moment_of_the_run(
    clock: Traveller,
    make_schedule: Maker,
    course: Course,
    teacher: User,
    end: Callable[[User, Course], None],
    code: str,
) -> None:
    schedule = make_schedule()
    end(teacher, course)
    clock.move_to(at(11))

    run_due_schedules()

    run = ScheduleRun.objects.get()
    assert (run.state, run.failure_code) == (RunState.FAILED, code)
    assert not Export.objects.exists()
    schedule.refresh_from_db()
    assert (schedule.state, schedule.failure_count) == (ScheduleState.ACTIVE, 1)


def test_a_schedule_that_rests_does_not_run_and_makes_nothing_up(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    pause_schedule(schedule)
    clock.move_to(at(20, 1))
    assert run_due_schedules() == 0

    resume_schedule(schedule)

    assert run_due_schedules() == 0
    assert schedule.next_run_at == at(20)


def test_one_schedule_that_cannot_run_keeps_no_other_from_it(
    clock: Traveller, make_schedule: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    make_schedule(options={"reading": "all"})
    Schedule.objects.update(time_zone="Gone/Away")
    make_schedule()
    clock.move_to(at(11))

    assert run_due_schedules() == 1
    assert "did not run" in caplog.text
