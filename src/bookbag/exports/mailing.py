"""Making a mail from templates, and sending it as a row of an outbox."""

import logging
from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from bookbag.exports.outbox import OutboxRow, OutboxState, finish_row, note_failure

logger = logging.getLogger(__name__)

RETRY_SECONDS = (30, 120, 600, 1800, 3600, 3600 * 4, 3600 * 12, 3600 * 24)
"""How long to wait after each failed try; after the last the mail is given up."""


def make_mail(
    name: str, context: Mapping[str, object], *, to: str, key: str
) -> EmailMultiAlternatives:
    """Return a mail in text and HTML.

    Args:
        name: The templates, without ``_subject.txt``, ``.txt`` and ``.html``.
        context: What they say.
        to: The address.
        key: What tells this mail from others; the same at each try, so that mail
            programs can tell copies.
    """
    values = {**context, "base_url": settings.BOOKBAG_BASE_URL}
    host = settings.BOOKBAG_BASE_URL.rpartition("/")[2].partition(":")[0]
    message = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"{name}_subject.txt", values).split()),
        body=render_to_string(f"{name}.txt", values),
        to=[to],
        headers={
            "Message-ID": f"<{key}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string(f"{name}.html", values), "text/html")
    return message


def send_row(
    row: OutboxRow,
    make: Callable[[], EmailMultiAlternatives],
    *,
    on_failure: Callable[[], None] = lambda: None,
) -> bool:
    """Send the mail of a row that was claimed, and write down what became of it.

    Args:
        row: The row.
        make: Makes the mail; what it raises counts as a failed try.
        on_failure: What to undo before the next try.

    Returns:
        Whether it was delivered.
    """
    try:
        make().send()
    except Exception as error:  # any backend may raise anything; the row says which
        logger.warning("%s was not sent: %s", row, type(error).__name__)
        on_failure()
        note_failure(row, f"{type(error).__name__}: {error}", RETRY_SECONDS)
        return False
    finish_row(row, OutboxState.DELIVERED, delivered_at=timezone.now(), failure="")
    return True
