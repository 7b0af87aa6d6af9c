"""What leaves this server: rows written beside what they tell of, and tried until done.

A row is written in the transaction that makes it due, so that no crash loses it, and is
delivered afterwards by any worker. The next try is written down before the other side
is spoken to: a worker that dies in between leaves a row that is tried again (ADR 0009).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from django.db import models
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FAILURE_CHARACTERS = 300


class OutboxState(models.TextChoices):
    """Where a row of an outbox is on its way."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    SKIPPED = "skipped", _("Skipped")
    GIVEN_UP = "given-up", _("Given up")


class OutboxRow(models.Model):
    """One thing to deliver: a mail, or a call of a webhook.

    Invariants: ``attempt`` is the fencing token: whoever claims the row raises it, and
    every later write names it.
    """

    state = models.CharField(
        max_length=10, choices=OutboxState, default=OutboxState.WAITING
    )
    attempt = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    skipped_because = models.CharField(max_length=40, blank=True)
    failure = models.CharField(max_length=FAILURE_CHARACTERS, blank=True)

    class Meta:
        """Every outbox has a table of its own."""

        abstract = True


Row = TypeVar("Row", bound=OutboxRow)


def list_due(rows: QuerySet[Row]) -> list[int]:
    """Return the keys of the rows that are due, the longest waiting first."""
    due = rows.filter(state=OutboxState.WAITING, due_at__lte=timezone.now())
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True))


def claim_row(rows: QuerySet[Row], key: int, waits: Sequence[int]) -> Row | None:
    """Claim a row that is due; of many workers exactly one gets it.

    Args:
        rows: The rows to choose from, with what the caller reads beside them.
        key: Which row.
        waits: Seconds to wait after each failed try.
    """
    waiting = rows.filter(pk=key, state=OutboxState.WAITING)
    attempt = waiting.values_list("attempt", flat=True).first()
    if attempt is None:
        return None
    wait = waits[min(attempt, len(waits) - 1)]
    now = timezone.now()
    claimed = waiting.filter(attempt=attempt, due_at__lte=now).update(
        attempt=F("attempt") + 1, due_at=now + timedelta(seconds=wait)
    )
    return rows.get(pk=key) if claimed else None


def note_failure(row: OutboxRow, sentence: str, waits: Sequence[int]) -> None:
    """Write down why a try failed; after the last one the row is given up."""
    is_last = row.attempt >= len(waits)
    state = OutboxState.GIVEN_UP if is_last else OutboxState.WAITING
    finish_row(row, state, failure=sentence[:FAILURE_CHARACTERS])


def finish_row(row: OutboxRow, state: OutboxState, **changes: object) -> None:
    """Write down what became of a row, unless another worker has claimed it since."""
    type(row)._default_manager.filter(pk=row.pk, attempt=row.attempt).update(
        state=state, **changes
    )
