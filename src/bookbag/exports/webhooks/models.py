"""Webhooks, what they are told, and each try to tell them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from bookbag.domain.people.models import Workspace
from bookbag.exports.models import Export
from bookbag.exports.outbox import FAILURE_CHARACTERS, OutboxRow
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.outbound.posting import URL_CHARACTERS

EXCERPT_CHARACTERS = 1000
"""How much of an answer the log keeps."""


class Webhook(models.Model):
    """An address that is told what becomes of the exports of a workspace.

    Invariants: secrets are kept sealed and shown once; while a new one replaces an
    old one, both sign until ``previous_until``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(max_length=URL_CHARACTERS)
    kinds = models.JSONField(default=list)
    """The events that it wants to hear of."""
    is_enabled = models.BooleanField(default=True)
    disabled_because = models.CharField(max_length=200, blank=True)
    sealed_secret = models.TextField()
    previous_sealed_secret = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Order of webhooks."""

        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.url

    @property
    def kind_labels(self) -> list[str]:
        """What it hears of, in words."""
        return [str(EventKind(kind).label) for kind in self.kinds]


class WebhookEvent(models.Model):
    """One thing that became of an export, told to every webhook with the same words.

    Invariants: at most one of a kind for an export; ``body`` is written once, when it
    is first sent, and never changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="webhook_events"
    )
    kind = models.CharField(max_length=20, choices=EventKind)
    happened_at = models.DateTimeField(default=timezone.now)
    body = models.TextField(blank=True)

    class Meta:
        """Constraints of events."""

        constraints = [
            models.UniqueConstraint(
                fields=["export", "kind"], name="webhook_event_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.export_id}"

    @property
    def message_id(self) -> str:
        """What tells this message from others, for receivers."""
        return f"msg_{self.pk.hex}"


class WebhookDelivery(OutboxRow):
    """One event on its way to one webhook."""

    event = models.ForeignKey(
        WebhookEvent, on_delete=models.CASCADE, related_name="deliveries"
    )
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries"
    )

    class Meta:
        """Constraints and order of deliveries."""

        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="webhook_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "webhook"], name="webhook_delivery_once"
            )
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class WebhookAttempt(models.Model):
    """One try to deliver: what was answered, or why nothing was."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.CASCADE, related_name="attempts"
    )
    happened_at = models.DateTimeField(default=timezone.now)
    duration_milliseconds = models.PositiveIntegerField()
    status = models.PositiveIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=FAILURE_CHARACTERS, blank=True)
    excerpt = models.CharField(max_length=EXCERPT_CHARACTERS, blank=True)

    class Meta:
        """Order of tries."""

        ordering = ["-happened_at", "-pk"]

    def __str__(self) -> str:
        return f"Try of {self.delivery_id}"
