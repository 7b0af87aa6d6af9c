"""Targets, and exports on their way to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.domain.people.models import Workspace
from bookbag.exports.models import Export
from bookbag.jobs.models import Job


class TargetKind(models.TextChoices):
    """How a target is spoken to."""

    S3 = "s3", _("S3-compatible storage")
    SFTP = "sftp", _("SFTP server")


class DeliveryTarget(models.Model):
    """A place outside that a workspace's exports may be sent to.

    Invariants: the secret is sealed and never shown again; nothing is sent to an SFTP
    server whose host key nobody confirmed.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="delivery_targets"
    )
    kind = models.CharField(max_length=4, choices=TargetKind)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=300)
    """The URL of a store, or ``host:port`` of an SFTP server."""
    region = models.CharField(max_length=60, blank=True, default="us-east-1")
    bucket = models.CharField(max_length=100, blank=True)
    folder = models.CharField(max_length=300, blank=True)
    """What stands before the name of each file."""
    account = models.CharField(max_length=200)
    """The access key of a store, or the user of an SFTP server."""
    sealed_secret = models.TextField()
    host_key = models.CharField(max_length=1000, blank=True)
    """The confirmed key of an SFTP server: its kind and its base64."""
    recipient = models.CharField(max_length=1000, blank=True)
    """Whom everything is encrypted to with age; nobody when it is empty."""
    is_for_teachers = models.BooleanField(default=False)
    """Whether teachers may send exports of their courses, not only admins."""
    created_at = models.DateTimeField(default=timezone.now)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_failure = models.CharField(max_length=500, blank=True)

    class Meta:
        """Order and constraints of targets."""

        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], name="delivery_target_name_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TargetKind.values), name="delivery_target_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    """Where a delivery is on its way."""

    WAITING = "waiting", _("Waiting for the export")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE_STATES = (DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.RUNNING)


class Delivery(Job):
    """One export on its way to one target, and what the target stored.

    Invariants: those of a job. An export is on its way to a target at most once at a
    time. A delivered one says what was read back from the target, which equals what
    was sent.

    Units: sizes in bytes.
    """

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="deliveries"
    )
    target = models.ForeignKey(
        DeliveryTarget,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    target_name = models.CharField(max_length=100)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deliveries"
    )
    state = models.CharField(
        max_length=12, choices=DeliveryState, default=DeliveryState.WAITING
    )
    remote_name = models.CharField(max_length=700, blank=True)
    recipient = models.CharField(max_length=1000, blank=True)
    sent_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sent_sha256 = models.CharField(max_length=64, blank=True)
    stored_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    stored_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        """Order and constraints of deliveries."""

        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "target"],
                condition=Q(state__in=ACTIVE_STATES),
                name="delivery_once_while_active",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="delivery_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.DELIVERED)
                | (
                    ~Q(stored_sha256="")
                    & Q(stored_sha256=models.F("sent_sha256"))
                    & Q(stored_bytes=models.F("sent_bytes"))
                ),
                name="delivery_stored_what_was_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.export_id} to {self.target_name}"

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE_STATES
