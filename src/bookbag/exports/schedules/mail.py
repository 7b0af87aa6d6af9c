"""The mail that says that a schedule runs no more, because of a failure."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from bookbag.exports.catalogue import get_definition
from bookbag.exports.mailing import RETRY_SECONDS, make_mail, send_row
from bookbag.exports.outbox import OutboxState, claim_row, finish_row, list_due
from bookbag.exports.schedules.models import Schedule, ScheduleMail
from bookbag.exports.schedules.selectors import list_visible_schedules
from bookbag.exports.schedules.states import ScheduleState


def deliver_schedule_mails() -> int:
    """Deliver every mail that is due; safe to run in many workers at once.

    Returns:
        How many were delivered.
    """
    return sum(_deliver(key) for key in list_due(ScheduleMail.objects.all()))


def _deliver(key: int) -> bool:
    rows = ScheduleMail.objects.select_related("run__schedule__owner")
    mail = claim_row(rows, key, RETRY_SECONDS)
    if mail is None:
        return False
    reason = _reason_to_skip(mail.run.schedule)
    if reason:
        finish_row(mail, OutboxState.SKIPPED, skipped_because=reason)
        return False
    return send_row(mail, lambda: _compose(mail))


def _reason_to_skip(schedule: Schedule) -> str:
    if not schedule.owner.email:
        return "no-address"
    visible = list_visible_schedules(schedule.owner).filter(pk=schedule.pk)
    return "" if visible.exists() else "right-ended"


def _compose(mail: ScheduleMail) -> EmailMultiAlternatives:
    schedule = mail.run.schedule
    path = reverse("schedule", kwargs={"schedule_id": schedule.pk})
    context = {
        "schedule": schedule,
        "run": mail.run,
        "person": schedule.owner,
        "is_stopped": schedule.state == ScheduleState.STOPPED,
        "title": get_definition(schedule.identifier).get_title(),
        "schedule_url": settings.BOOKBAG_BASE_URL + path,
    }
    key = f"schedule.{schedule.pk}.{mail.run_id}"
    return make_mail("schedules/mail/ended", context, to=schedule.owner.email, key=key)
