"""Reading webhooks and what they were told."""

from django.db.models import Exists, OuterRef, QuerySet

from bookbag.domain.people.models import Workspace
from bookbag.exports.outbox import OutboxState
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery


def list_webhooks(workspace: Workspace) -> QuerySet[Webhook]:
    """Return a workspace's webhooks, each with whether it was given up on."""
    failing = WebhookDelivery.objects.filter(
        webhook=OuterRef("pk"), state=OutboxState.GIVEN_UP
    )
    webhooks = Webhook.objects.filter(workspace=workspace)
    return webhooks.annotate(has_given_up=Exists(failing))


def list_deliveries(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """Return what a webhook was told or will be, the newest first."""
    return (
        WebhookDelivery.objects.filter(webhook=webhook)
        .select_related("event__export", "webhook")
        .prefetch_related("attempts")
        .order_by("-event__happened_at", "-pk")
    )
