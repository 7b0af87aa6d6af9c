"""Delivering to webhooks: signed, tried for a day, and written down each time."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from bookbag.domain.sealing import SealError
from bookbag.exports.outbox import (
    OutboxState,
    claim_row,
    finish_row,
    list_due,
    note_failure,
)
from bookbag.exports.webhooks.bodies import make_body
from bookbag.exports.webhooks.models import (
    EXCERPT_CHARACTERS,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
)
from bookbag.exports.webhooks.services import list_secrets
from bookbag.exports.webhooks.signing import sign_headers
from bookbag.jobs.working import STOPPING
from bookbag.outbound.errors import OutboundError
from bookbag.outbound.posting import Answer, post

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15
"""How long one try may take, whatever the other side does."""
RETRY_SECONDS = (20, 60, 300, 1200, 3600, 7200, 14_400, 28_800, 30_000, 60)
"""How long to wait after each failed try: ten tries within a day. The first wait is
longer than a try, so that nobody claims what is still being tried."""
GONE = 410
"""The answer of a receiver that wants to hear nothing any more."""
AT_A_TIME = 4
"""How many webhooks one worker process calls at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try."""

    answer: Answer | None
    failure: str
    """What went wrong; empty when nothing did."""


class Pump:
    """Delivers beside everything else, so that a slow receiver holds nobody up.

    Invariants: one webhook is called by one thread of the process at a time, in the
    order in which things happened; the rows say what is due, so nothing is lost when
    the process ends.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="webhooks")
        self._busy: set[UUID] = set()
        self._lock = Lock()

    def start(self) -> list[Future[None]]:
        """Begin to deliver what is due, and return at once."""
        waiting: dict[UUID, list[int]] = {}
        due = list_due(WebhookDelivery.objects.all())
        for row in WebhookDelivery.objects.filter(pk__in=due).order_by("pk"):
            waiting.setdefault(row.webhook_id, []).append(row.pk)
        return [
            self._threads.submit(self._deliver_all, webhook, keys)
            for webhook, keys in waiting.items()
            if self._take(webhook)
        ]

    def _take(self, webhook: UUID) -> bool:
        with self._lock:
            is_free = webhook not in self._busy
            self._busy.add(webhook)
        return is_free

    def _deliver_all(self, webhook: UUID, keys: list[int]) -> None:
        close_old_connections()
        try:
            for key in keys:
                # One that gets no answer would keep all others waiting for it, too.
                if STOPPING.is_set() or not deliver(key):
                    break
        except Exception:
            logger.exception("The deliveries to webhook %s were interrupted", webhook)
        finally:
            connection.close()
            with self._lock:
                self._busy.discard(webhook)


PUMP = Pump()


def deliver_waiting_webhooks() -> int:
    """Begin to deliver what is due; safe to run in many workers at once.

    Returns:
        How many webhooks are being called.
    """
    return len(PUMP.start())


def deliver(key: int) -> bool:
    """Deliver one event to one webhook if it is due and no other worker has it.

    Returns:
        Whether the other side took it.
    """
    rows = WebhookDelivery.objects.select_related("webhook", "event__export__workspace")
    delivery = claim_row(rows, key, RETRY_SECONDS)
    if delivery is None:
        return False
    if not delivery.webhook.is_enabled:
        finish_row(delivery, OutboxState.SKIPPED, skipped_because="disabled")
        return False
    started = time.monotonic()
    outcome = _try(delivery)
    _note_attempt(delivery, outcome, time.monotonic() - started)
    return not outcome.failure


def purge_webhook_log() -> int:
    """Remove the log of events that are too old, with their deliveries and tries.

    Returns:
        How many events were removed.
    """
    kept_since = timezone.now() - timedelta(days=settings.BOOKBAG_WEBHOOK_LOG_DAYS)
    old = WebhookEvent.objects.filter(happened_at__lt=kept_since).exclude(
        deliveries__state=OutboxState.WAITING
    )
    count = old.count()
    old.delete()
    return count


def _try(delivery: WebhookDelivery) -> Outcome:
    try:
        body = _get_body(delivery.event).encode()
        headers = sign_headers(
            list_secrets(delivery.webhook),
            message_id=delivery.event.message_id,
            timestamp=int(timezone.now().timestamp()),
            body=body,
        )
        answer = post(
            delivery.webhook.url,
            body=body,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Bookbag-Webhooks/1",
                **headers,
            },
            timeout_seconds=TIMEOUT_SECONDS,
            read_bytes=EXCERPT_CHARACTERS,
        )
    except (OutboundError, SealError) as error:
        return Outcome(answer=None, failure=str(error))
    is_taken = 200 <= answer.status < 300
    failure = "" if is_taken else f"Found status {answer.status}, expected 2xx"
    return Outcome(answer=answer, failure=failure)


def _get_body(event: WebhookEvent) -> str:
    if not event.body:
        WebhookEvent.objects.filter(pk=event.pk, body="").update(body=make_body(event))
        event.refresh_from_db(fields=["body"])
    return event.body


def _note_attempt(delivery: WebhookDelivery, outcome: Outcome, seconds: float) -> None:
    answer = outcome.answer
    excerpt = "" if answer is None else answer.excerpt.decode("utf-8", "replace")
    WebhookAttempt.objects.create(
        delivery=delivery,
        duration_milliseconds=round(seconds * 1000),
        status=None if answer is None else answer.status,
        failure=outcome.failure[:300],
        excerpt=excerpt.replace("\0", "")[:EXCERPT_CHARACTERS],
    )
    if not outcome.failure:
        finish_row(
            delivery,
            OutboxState.DELIVERED,
            delivered_at=timezone.now(),
            failure="",
        )
    elif answer is not None and answer.status == GONE:
        finish_row(delivery, OutboxState.GIVEN_UP, failure=outcome.failure)
        Webhook.objects.filter(pk=delivery.webhook_id).update(
            is_enabled=False, disabled_because=outcome.failure
        )
    else:
        note_failure(delivery, outcome.failure, RETRY_SECONDS)
