"""Running what is due: any worker looks, one makes the run, and none makes it twice.

After a time without workers a schedule runs once for all that it missed.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from bookbag.exports.errors import ExportsError, SourceGoneError
from bookbag.exports.models import Export, ExportRequester
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from bookbag.exports.schedules.outcomes import fail_run, settle_runs
from bookbag.exports.schedules.states import ScheduleState
from bookbag.exports.services import request_export

logger = logging.getLogger(__name__)


def run_due_schedules() -> int:
    """Make a run of every schedule that is due, and settle those that were made.

    Safe in many workers at once.

    Returns:
        How many runs this worker made.
    """
    settle_runs()
    due = Schedule.objects.filter(
        state=ScheduleState.ACTIVE, next_run_at__lte=timezone.now()
    )
    count = 0
    for schedule_id in list(due.order_by("next_run_at").values_list("pk", flat=True)):
        try:
            count += run_schedule(schedule_id)
        except Exception:  # one that cannot run must not keep the others from it
            logger.exception("Schedule %s did not run", schedule_id)
    return count


def run_schedule(schedule_id: UUID) -> bool:
    """Make the run that is due, if no other worker did; all of it or nothing.

    The run, the export that it asks for and the time of the next run are written in
    one transaction, so that a worker that dies half-way leaves the run to another.

    Returns:
        Whether this worker made it.
    """
    with transaction.atomic():
        schedule = _get_due(schedule_id)
        if schedule is None or schedule.next_run_at is None:
            return False
        planned_at, now = schedule.next_run_at, timezone.now()
        recurrence = schedule.recurrence
        later = recurrence.list_missed(planned_at, now)
        upcoming = next(iter(recurrence.list_runs(now, 1)), None)
        state = ScheduleState.FINISHED if upcoming is None else ScheduleState.ACTIVE
        moved_on = Schedule.objects.filter(
            pk=schedule.pk, state=ScheduleState.ACTIVE, next_run_at=planned_at
        ).update(next_run_at=upcoming, state=state)
        if not moved_on:
            return False
        run = ScheduleRun.objects.create(
            schedule=schedule,
            planned_at=later[-1] if later else planned_at,
            missed_count=len(later),
        )
        _start(run)
    return True


def _get_due(schedule_id: UUID) -> Schedule | None:
    return (
        Schedule.objects.select_related(
            "owner",
            "workspace",
            "course__workspace",
            "assignment",
            "subject",
            "project",
        )
        .filter(
            pk=schedule_id,
            state=ScheduleState.ACTIVE,
            next_run_at__lte=timezone.now(),
        )
        .first()
    )


def _start(run: ScheduleRun) -> None:
    asked_at = timezone.now()
    try:
        export = _request(run.schedule)
    except ExportsError as error:
        fail_run(run, error.code, str(error))
        return
    run.export = export
    run.save(update_fields=["export"])
    # Nobody waits for it: it must not download by itself into an open page.
    ExportRequester.objects.filter(
        export=export, person=run.schedule.owner, asked_at__gte=asked_at
    ).update(dismissed_at=asked_at)


def _request(schedule: Schedule) -> Export:
    if schedule.course is not None and schedule.course.deleted_at is not None:
        raise SourceGoneError
    return request_export(
        person=schedule.owner,
        identifier=schedule.identifier,
        scope=schedule.scope,
        options=schedule.options,
    )
