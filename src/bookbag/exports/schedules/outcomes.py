"""What becomes of runs: looked up when their exports have ended."""

from django.db import transaction
from django.db.models import F, Q

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.lifecycle import write_mails
from bookbag.exports.models import Export
from bookbag.exports.schedules.models import Schedule, ScheduleMail, ScheduleRun
from bookbag.exports.schedules.states import RunState, ScheduleState
from bookbag.exports.states import ACTIVE_STATES, ExportState, MailKind

FAILURES_TO_STOP = 5
"""So many failed runs, one after the other, stop a schedule."""


def settle_runs() -> int:
    """Write down what became of the runs whose exports have ended.

    They are looked up again and again, instead of being told by the export: a run may
    have joined an export that ended at the same moment. Safe in many workers at once.

    Returns:
        How many runs were settled.
    """
    waiting = ScheduleRun.objects.filter(state=RunState.STARTED)
    has_ended = Q(export__isnull=True) | ~Q(export__state__in=ACTIVE_STATES)
    runs = waiting.filter(has_ended).select_related("export", "schedule")
    return sum(_settle(run) for run in runs)


def fail_run(run: ScheduleRun, code: str, sentence: str) -> bool:
    """Write down that a run failed, and stop the schedule when it was one too many.

    The owner gets a mail when no run will follow.

    Returns:
        Whether it was this caller who did.
    """
    with transaction.atomic():
        changes = {"failure_code": code, "failure_sentence": sentence[:500]}
        if not _finish(run, RunState.FAILED, **changes):
            return False
        schedules = Schedule.objects.filter(pk=run.schedule_id)
        schedules.update(
            failure_count=F("failure_count") + 1, last_failure=sentence[:500]
        )
        one_too_many = schedules.filter(
            state=ScheduleState.ACTIVE, failure_count__gte=FAILURES_TO_STOP
        )
        if one_too_many.update(state=ScheduleState.STOPPED, next_run_at=None):
            schedule = run.schedule
            deed = Deed(
                act=Act.SCHEDULE_STOPPED,
                target=schedule,
                target_key=schedule.pk,
                detail=sentence,
            )
            record(schedule.workspace_id, deed)
        ended = (ScheduleState.STOPPED, ScheduleState.FINISHED)
        if schedules.filter(state__in=ended).exists():
            ScheduleMail.objects.create(run=run)
    return True


def _settle(run: ScheduleRun) -> bool:
    export = run.export
    if export is None or export.state == ExportState.CANCELLED:
        return _finish(run, RunState.CANCELLED)
    with transaction.atomic():
        if export.state == ExportState.FAILED:
            is_mine = fail_run(run, export.failure_code, export.failure_sentence)
        else:
            is_mine = _finish(run, RunState.DONE)
            Schedule.objects.filter(pk=run.schedule_id).update(
                failure_count=0, last_failure=""
            )
        if is_mine:
            _tell_owner(run, export)
    return is_mine


def _finish(run: ScheduleRun, state: RunState, **changes: object) -> bool:
    unsettled = ScheduleRun.objects.filter(pk=run.pk, state=RunState.STARTED)
    return bool(unsettled.update(state=state, **changes))


def _tell_owner(run: ScheduleRun, export: Export) -> None:
    """Write a mail for exports that send none: here nobody sits and waits for them."""
    definition = get_catalogue().get(export.identifier)
    if definition is None or definition.sends_mail:
        return
    kind = MailKind.FAILED if export.state == ExportState.FAILED else MailKind.READY
    write_mails(export, kind, [run.schedule.owner_id])
