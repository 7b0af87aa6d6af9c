"""Names that people choose stay names: in headers of downloads, and in mails."""

from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from django.core import mail as sent
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import MailMessage
from bookbag.exports.states import ExportState, MailKind
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.mark.parametrize(
    "name",
    [
        'x";filename=evil.bat',
        "x\r\nSet-Cookie: a=b.zip",
        "x\\\";filename*=UTF-8''evil.bat",
        "evil.bat\x1f.zip",
        "«Kürs» 101.zip",
    ],
)
def test_a_download_has_one_name_and_is_never_shown(
    client: Client, settings: Settings, tmp_path: Path, name: str
) -> None:
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}"
    course = factories.make_course()
    teacher = factories.make_teacher(course)
    export = factories.make_export(
        course, teacher, state=ExportState.READY, file_name=name, size_bytes=2
    )
    path = tmp_path / export.storage_key
    path.parent.mkdir()
    path.write_bytes(b"it")
    client.force_login(teacher, "django.contrib.auth.backends.ModelBackend")

    answer = client.get(f"/exports/{export.pk}/file")

    assert b"".join(cast("Iterable[bytes]", answer)) == b"it"
    answer.close()
    header = EmailMessage()
    header["Content-Disposition"] = answer["Content-Disposition"]
    assert header.get_content_disposition() == "attachment"
    assert (header.get_filename() or "").endswith(Path(name).suffix[:4])
    assert "\n" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", MailKind)
def test_a_name_is_a_text_in_a_mail(kind: MailKind) -> None:
    course = factories.make_course(f"{HOSTILE}\nBcc: all@example.edu")
    teacher = factories.make_teacher(course)
    export = factories.make_export(course, teacher, state=ExportState.READY)
    MailMessage.objects.create(export=export, person=teacher, kind=kind)

    assert deliver_waiting_mails() == 1

    message = cast("EmailMultiAlternatives", sent.outbox[0])
    html = str(message.alternatives[0][0])
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert message.recipients() == [teacher.email]
    assert "\n" not in message.subject
