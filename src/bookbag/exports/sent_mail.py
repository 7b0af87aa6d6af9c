"""The mails that a local run keeps as files instead of sending them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """One mail as it was kept."""

    name: str
    """The file's name, which tells it from the others."""
    subject: str
    sender: str
    to: str
    sent_at: datetime
    text: str
    """The plain text part."""


def list_sent_mails() -> list[SentMail]:
    """Return the mails that were kept, the newest first."""
    folder = Path(settings.BOOKBAG_MAIL_FOLDER)
    paths = folder.glob("*.log") if folder.exists() else ()
    mails = [_read_mail(path) for path in paths]
    return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)


def _read_mail(path: Path) -> SentMail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return SentMail(
        name=path.stem,
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        sent_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text="" if body is None else body.get_content(),
    )
