"""What becomes of runs, when a schedule stops, and how its owner hears of it."""

from collections.abc import Callable

import pytest
from django.core import mail as sent
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from time_machine import Traveller

from bookbag.domain.courses.models import Enrolment
from bookbag.domain.people.models import MemberStatus, User
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.outbox import OutboxState
from bookbag.exports.schedules.mail import deliver_schedule_mails
from bookbag.exports.schedules.models import Schedule, ScheduleMail, ScheduleRun
from bookbag.exports.schedules.outcomes import FAILURES_TO_STOP, settle_runs
from bookbag.exports.schedules.running import run_due_schedules
from bookbag.exports.schedules.services import resume_schedule
from bookbag.exports.schedules.states import RunState, ScheduleState
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job

Maker = Callable[..., Schedule]


def run_once(clock: Traveller, outcome: ExportState, **fields: object) -> ScheduleRun:
    """Let the next run come, and its export end."""
    clock.move_to(Schedule.objects.get().next_run_at)
    assert run_due_schedules() == 1
    run = ScheduleRun.objects.latest("planned_at")
    changes = {"state": outcome, **fields}
    if outcome is ExportState.READY:
        changes |= {"storage_key": "k", "sha256": "0", "expires_at": clock_now(clock)}
    Export.objects.filter(runs=run).update(**changes)
    settle_runs()
    run.refresh_from_db()
    return run


def clock_now(_clock: Traveller) -> object:
    return Schedule.objects.get().next_run_at


def fail_once(clock: Traveller) -> ScheduleRun:
    return run_once(
        clock,
        ExportState.FAILED,
        failure_code="export_too_large",
        failure_sentence="Found 9 files, expected at most 8",
    )


@pytest.mark.parametrize(
    ("outcome", "state", "failures"),
    [
        (ExportState.READY, RunState.DONE, 0),
        (ExportState.FAILED, RunState.FAILED, 1),
        (ExportState.CANCELLED, RunState.CANCELLED, 0),
    ],
)
def test_a_run_ends_as_its_export_does(
    clock: Traveller,
    make_schedule: Maker,
    outcome: ExportState,
    state: RunState,
    failures: int,
) -> None:
    schedule = make_schedule()

    run = run_once(clock, outcome)

    schedule.refresh_from_db()
    assert (run.state, schedule.failure_count) == (state, failures)
    assert schedule.state == ScheduleState.ACTIVE


def test_a_run_that_is_settled_is_not_counted_again(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    fail_once(clock)

    assert settle_runs() == 0

    schedule.refresh_from_db()
    assert schedule.failure_count == 1


def test_one_good_run_makes_up_for_the_failed_ones(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    for _failure in range(FAILURES_TO_STOP - 1):
        fail_once(clock)
    run_once(clock, ExportState.READY)
    for _failure in range(FAILURES_TO_STOP - 1):
        fail_once(clock)

    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.ACTIVE
    assert not ScheduleMail.objects.exists()


def test_five_failures_stop_it_and_a_mail_says_so(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    for _failure in range(FAILURES_TO_STOP):
        fail_once(clock)

    schedule.refresh_from_db()
    assert (schedule.state, schedule.next_run_at) == (ScheduleState.STOPPED, None)
    assert schedule.last_failure == "Found 9 files, expected at most 8"
    assert deliver_schedule_mails() == 1
    assert deliver_schedule_mails() == 0

    message = sent.outbox[0]
    assert isinstance(message, EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    assert message.subject == "The schedule of your course data for “CS101” has stopped"
    assert message.to == ["teacher@example.edu"]
    for text in (message.body, html):
        assert "has stopped: 5 runs failed, one after the other." in text
        assert "Found 9 files, expected at most 8" in text
        assert f"/schedules/{schedule.pk}/" in text


def test_a_schedule_that_was_stopped_can_go_on(
    clock: Traveller, make_schedule: Maker
) -> None:
    schedule = make_schedule()
    for _failure in range(FAILURES_TO_STOP):
        fail_once(clock)
    schedule.refresh_from_db()

    resume_schedule(schedule)

    run_once(clock, ExportState.READY)
    schedule.refresh_from_db()
    assert (schedule.state, schedule.failure_count) == (ScheduleState.ACTIVE, 0)


def test_the_last_run_of_all_says_so_too_when_it_fails(
    clock: Traveller, make_schedule: Maker
) -> None:
    make_schedule("FREQ=DAILY;COUNT=11")

    fail_once(clock)

    deliver_schedule_mails()
    assert sent.outbox[0].subject == (
        "The last scheduled run of your course data for “CS101” failed"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"email": ""}, "no-address"), ({"is_active": False}, "right-ended")],
)
def test_nobody_who_cannot_use_it_gets_a_mail(
    clock: Traveller,
    make_schedule: Maker,
    teacher: User,
    changes: dict[str, object],
    reason: str,
) -> None:
    make_schedule("FREQ=DAILY;COUNT=11")
    fail_once(clock)
    User.objects.filter(pk=teacher.pk).update(**changes)

    deliver_schedule_mails()

    mail = ScheduleMail.objects.get()
    assert (mail.state, mail.skipped_because) == (OutboxState.SKIPPED, reason)
    assert sent.outbox == []


def test_nobody_who_may_not_open_the_schedule_gets_a_mail(
    clock: Traveller, make_schedule: Maker, teacher: User
) -> None:
    make_schedule("FREQ=DAILY;COUNT=11")
    fail_once(clock)
    teacher.memberships.update(status=MemberStatus.DEACTIVATED)

    deliver_schedule_mails()

    assert ScheduleMail.objects.get().skipped_because == "right-ended"
    assert sent.outbox == []


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ends_between_the_run_and_its_work_fails_the_run(
    clock: Traveller, make_schedule: Maker, teacher: User, storage: LocalStorage
) -> None:
    make_schedule()
    clock.move_to(Schedule.objects.get().next_run_at)
    run_due_schedules()
    Enrolment.objects.filter(user=teacher).update(removed_at=timezone.now())

    run_job(ExportJobs(), Export.objects.get().pk)
    settle_runs()

    run = ScheduleRun.objects.get()
    assert (run.state, run.failure_code) == (RunState.FAILED, "export_right_ended")
    assert list(storage.iter_keys()) == []
    assert deliver_waiting_mails() + deliver_schedule_mails() == 0
    assert sent.outbox == []


def test_a_small_export_that_nobody_sits_and_waits_for_is_mailed(
    clock: Traveller, make_schedule: Maker
) -> None:
    make_schedule()
    Schedule.objects.update(identifier="user-access", options={})

    run = run_once(clock, ExportState.READY)

    mail = MailMessage.objects.get()
    assert (mail.export_id, mail.kind) == (run.export_id, "ready")
