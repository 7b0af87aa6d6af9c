"""The mails of exports, through a real SMTP conversation and the outbox."""

import email
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
from django.core import mail as sent
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.mail import deliver_mail, deliver_waiting_mails
from bookbag.exports.mailing import RETRY_SECONDS
from bookbag.exports.models import (
    DownloadLink,
    Export,
    ExportReceipt,
    MailMessage,
)
from bookbag.exports.outbox import OutboxState
from bookbag.exports.states import ExportState, MailKind
from tests import factories
from tests.fakes.smtp import SmtpServer, running_smtp_server


@pytest.fixture
def server(settings: Settings) -> Iterator[SmtpServer]:
    with running_smtp_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        yield server


@pytest.fixture
def export(course: Course, teacher: User) -> Export:
    export = factories.make_export(
        course, teacher, state=ExportState.READY, size_bytes=3_018_498
    )
    ExportReceipt.objects.create(
        export=export,
        document=b"{}",
        expected=120,
        present=105,
        empty=12,
        excluded=2,
        failed=1,
        file_count=9,
        payload_bytes=9,
    )
    return export


@pytest.fixture
def waiting(export: Export, teacher: User) -> MailMessage:
    return MailMessage.objects.create(
        export=export, person=teacher, kind=MailKind.READY
    )


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_mail_says_the_same_in_text_and_html(
    server: SmtpServer, waiting: MailMessage, export: Export
) -> None:
    assert deliver_waiting_mails() == 1

    message = read(server.received[0])
    until = timezone.localtime(export.expires_at)
    assert message["Subject"].strip() == (
        f"Your course data for “CS101” is ready (until {until:%-d %b})"
    )
    assert message["To"] == "teacher@example.edu"
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        assert "/links/" in text
        assert "3.0 MB" in text
        assert export.sha256[:12] in text
        assert "105 of 120" in text
        assert f"{until:%-d %b %Y, %H:%M}" in text
        assert "verify.py" in text


def test_the_link_in_the_mail_is_the_only_copy_of_its_token(
    server: SmtpServer, waiting: MailMessage
) -> None:
    deliver_waiting_mails()

    link = DownloadLink.objects.get()
    assert link.token_digest not in server.received[0].decode()
    assert link.person == waiting.person


def test_a_failure_mail_says_what_to_do(
    server: SmtpServer, course: Course, teacher: User
) -> None:
    failed = factories.make_export(
        course, teacher, state=ExportState.FAILED, failure_sentence="The disk is full."
    )
    MailMessage.objects.create(export=failed, person=teacher, kind=MailKind.FAILED)

    deliver_waiting_mails()

    message = read(server.received[0])
    assert message["Subject"].strip() == (
        "Your course data for “CS101” could not be exported"
    )
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        assert "The disk is full." in text
        assert f"/courses/{course.pk}/admin/exports/" in text
    assert not DownloadLink.objects.exists()


def test_a_delivered_mail_is_not_sent_again(
    server: SmtpServer, waiting: MailMessage
) -> None:
    deliver_waiting_mails()

    assert deliver_waiting_mails() == 0
    assert not deliver_mail(waiting.pk)
    assert len(server.received) == 1


def test_a_refused_mail_is_tried_again_with_another_link(
    server: SmtpServer, waiting: MailMessage
) -> None:
    server.refuses = True
    assert deliver_waiting_mails() == 0
    assert not DownloadLink.objects.filter(revoked_at__isnull=True).exists()

    server.refuses = False
    MailMessage.objects.update(due_at=timezone.now())
    assert deliver_waiting_mails() == 1

    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt) == (OutboxState.DELIVERED, 2)
    assert DownloadLink.objects.filter(revoked_at__isnull=True).count() == 1


def test_a_server_that_is_away_costs_no_mail(
    waiting: MailMessage, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert deliver_waiting_mails() == 0

    waiting.refresh_from_db()
    assert waiting.state == OutboxState.WAITING
    assert waiting.due_at > timezone.now() + timedelta(seconds=20)
    assert "ConnectionRefusedError" in waiting.failure


def test_a_mail_is_given_up_after_the_last_try(
    waiting: MailMessage, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for _try in RETRY_SECONDS:
        MailMessage.objects.update(due_at=timezone.now())
        deliver_waiting_mails()

    waiting.refresh_from_db()
    assert waiting.state == OutboxState.GIVEN_UP


def test_nobody_without_an_address_gets_a_mail(waiting: MailMessage) -> None:
    User.objects.filter(pk=waiting.person_id).update(email="")

    deliver_waiting_mails()

    assert reason_of(waiting) == "no-address"


def test_nobody_whose_right_ended_gets_a_mail(waiting: MailMessage) -> None:
    Enrolment.objects.update(removed_at=timezone.now())

    deliver_waiting_mails()

    assert reason_of(waiting) == "right-ended"


def test_no_mail_speaks_of_a_file_that_is_gone(waiting: MailMessage) -> None:
    Export.objects.update(expires_at=timezone.now())

    deliver_waiting_mails()

    assert reason_of(waiting) == "expired"


def reason_of(mail: MailMessage) -> str:
    mail.refresh_from_db()
    assert mail.state == OutboxState.SKIPPED
    assert sent.outbox == []
    return mail.skipped_because
