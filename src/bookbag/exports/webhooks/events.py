"""Noticing what webhooks are to hear, in the transaction in which it happens."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from bookbag.exports.lifecycle import export_stepped
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState, Transition
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery, WebhookEvent

_KINDS: Mapping[str, EventKind] = {
    ExportState.READY: EventKind.READY,
    ExportState.FAILED: EventKind.FAILED,
    ExportState.EXPIRED: EventKind.EXPIRED,
}
"""What is told when an export reaches a state."""


@receiver(export_stepped, dispatch_uid="webhooks")
def note_step(*, export: Export, transition: Transition, **_others: object) -> None:
    """Write down what the webhooks of a workspace are to hear of a step."""
    kind = _KINDS.get(transition.target)
    if kind is not None:
        write_event(export, kind)


def announce_expiring() -> int:
    """Write down that exports will expire soon; safe in many workers at once.

    Returns:
        How many exports were announced.
    """
    now = timezone.now()
    wanting = {
        webhook.workspace_id
        for webhook in Webhook.objects.filter(is_enabled=True)
        if EventKind.EXPIRING in webhook.kinds
    }
    soon = Export.objects.filter(
        workspace__in=wanting,
        state=ExportState.READY,
        expires_at__gt=now,
        expires_at__lte=now + timedelta(hours=settings.BOOKBAG_EXPIRING_HOURS),
    ).exclude(webhook_events__kind=EventKind.EXPIRING)
    return sum(write_event(export, EventKind.EXPIRING) for export in soon)


def write_event(export: Export, kind: EventKind) -> bool:
    """Write an event and its way to every webhook that wants to hear of it.

    Returns:
        Whether there is such a webhook.
    """
    enabled = Webhook.objects.filter(workspace=export.workspace_id, is_enabled=True)
    wanting = [webhook for webhook in enabled if kind in webhook.kinds]
    if not wanting:
        return False
    with transaction.atomic():
        event, _ = WebhookEvent.objects.get_or_create(export=export, kind=kind)
        WebhookDelivery.objects.bulk_create(
            [WebhookDelivery(event=event, webhook=webhook) for webhook in wanting],
            ignore_conflicts=True,
        )
    return True
