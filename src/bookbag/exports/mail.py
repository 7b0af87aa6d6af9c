"""The mails that exports send: written at delivery, sent once, tried until they go.

The link is issued at delivery, because its token is kept nowhere but in the mail.
"""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue import get_definition
from bookbag.exports.links import format_link_path, issue_link
from bookbag.exports.models import DownloadLink, Export, MailMessage
from bookbag.exports.outbox import (
    OutboxState,
    claim_row,
    finish_row,
    list_due,
    note_failure,
)
from bookbag.exports.selectors import may_access
from bookbag.exports.states import MailKind
from bookbag.exports.wording import format_size

logger = logging.getLogger(__name__)

RETRY_SECONDS = (30, 120, 600, 1800, 3600, 3600 * 4, 3600 * 12, 3600 * 24)
"""How long to wait after each failed try; after the last the mail is given up."""


def deliver_waiting_mails() -> int:
    """Deliver every mail that is due; safe to run in many workers at once.

    Returns:
        How many were delivered.
    """
    return sum(deliver_mail(key) for key in list_due(MailMessage.objects.all()))


def deliver_mail(mail_id: int) -> bool:
    """Deliver one mail if it is due and no other worker has it.

    A mail that is sent twice, because a worker died in between, has the same
    Message-ID each time, so that mail programs can tell the copies.

    Returns:
        Whether it was delivered.
    """
    mail = claim_row(_mails_with_related(), mail_id, RETRY_SECONDS)
    if mail is None:
        return False
    reason = _reason_to_skip(mail)
    if reason:
        finish_row(mail, OutboxState.SKIPPED, skipped_because=reason)
        return False
    try:
        _compose(mail).send()
    except Exception as error:  # any backend may raise anything; the row says which
        logger.warning("Mail %s was not sent: %s", mail.pk, type(error).__name__)
        _note_failure(mail, error)
        return False
    finish_row(mail, OutboxState.DELIVERED, delivered_at=timezone.now(), failure="")
    return True


def _mails_with_related() -> QuerySet[MailMessage]:
    return MailMessage.objects.select_related(
        "person", "export__workspace", "export__course__workspace", "export__receipt"
    )


def _reason_to_skip(mail: MailMessage) -> str:
    if not mail.person.email:
        return "no-address"
    if not may_access(mail.person, mail.export):
        return "right-ended"
    if mail.kind == MailKind.READY and not mail.export.is_downloadable:
        return "expired"
    return ""


def _compose(mail: MailMessage) -> EmailMultiAlternatives:
    export = mail.export
    context = {
        "export": export,
        "person": mail.person,
        "size": format_size(export.size_bytes or 0),
        "terms": get_terms(),
        "title": get_definition(export.identifier).get_title(),
        "base_url": settings.BOOKBAG_BASE_URL,
        "again_url": _again_address(export),
    }
    if mail.kind == MailKind.READY:
        token = issue_link(export, mail.person)
        context["link_url"] = settings.BOOKBAG_BASE_URL + format_link_path(token)
    name = f"exports/mail/{mail.kind}"
    subject = render_to_string(f"{name}_subject.txt", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"{name}.txt", context),
        to=[mail.person.email],
        headers={"Message-ID": _message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"{name}.html", context), "text/html")
    return message


def _message_id(mail: MailMessage) -> str:
    host = settings.BOOKBAG_BASE_URL.rpartition("/")[2].partition(":")[0]
    return f"<{mail.export_id}.{mail.person_id}.{mail.kind}@{host}>"


def _again_address(export: Export) -> str:
    if export.course_id is None:
        return settings.BOOKBAG_BASE_URL
    return settings.BOOKBAG_BASE_URL + reverse(
        "course-exports", kwargs={"course_id": export.course_id}
    )


def _note_failure(mail: MailMessage, error: Exception) -> None:
    # A link in a mail that did not leave must not live.
    DownloadLink.objects.filter(
        export=mail.export_id, person=mail.person_id, revoked_at__isnull=True
    ).update(revoked_at=timezone.now())
    note_failure(mail, f"{type(error).__name__}: {error}", RETRY_SECONDS)
