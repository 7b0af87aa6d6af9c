"""The mails that exports send: written at delivery, sent once, tried until they go.

The link is issued at delivery, because its token is kept nowhere but in the mail.
"""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue import get_definition
from bookbag.exports.links import format_link_path, issue_link
from bookbag.exports.mailing import RETRY_SECONDS, make_mail, send_row
from bookbag.exports.models import DownloadLink, Export, MailMessage
from bookbag.exports.outbox import OutboxState, claim_row, finish_row, list_due
from bookbag.exports.selectors import may_access
from bookbag.exports.states import MailKind
from bookbag.exports.wording import format_size


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
    return send_row(
        mail, lambda: _compose(mail), on_failure=lambda: _revoke_links(mail)
    )


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
        "is_archive": export.is_archive,
        "size": format_size(export.size_bytes or 0),
        "terms": get_terms(),
        "title": get_definition(export.identifier).get_title(),
        "again_url": _again_address(export),
    }
    if mail.kind == MailKind.READY:
        token = issue_link(export, mail.person)
        context["link_url"] = settings.BOOKBAG_BASE_URL + format_link_path(token)
    return make_mail(
        f"exports/mail/{mail.kind}",
        context,
        to=mail.person.email,
        key=f"{mail.export_id}.{mail.person_id}.{mail.kind}",
    )


def _again_address(export: Export) -> str:
    if export.course_id is None:
        return settings.BOOKBAG_BASE_URL
    return settings.BOOKBAG_BASE_URL + reverse(
        "course-exports", kwargs={"course_id": export.course_id}
    )


def _revoke_links(mail: MailMessage) -> None:
    # A link in a mail that did not leave must not live.
    DownloadLink.objects.filter(
        export=mail.export_id, person=mail.person_id, revoked_at__isnull=True
    ).update(revoked_at=timezone.now())
