"""The states of an export and the one table of transitions between them.

``docs/architecture.md`` shows the diagram that is generated from this table, and CI
fails when they differ.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookbag.exports.errors import TransitionError


class ExportState(models.TextChoices):
    """Where an export is in its life."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class ShardState(models.TextChoices):
    """Where a shard of an export is in its life."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ExportEventKind(models.TextChoices):
    """What happened to an export, for its history."""

    REQUESTED = "requested", _("Requested")
    JOINED = "joined", _("Joined")
    CLAIMED = "claimed", _("Started")
    TAKEN_OVER = "taken-over", _("Taken over by another worker")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired, file removed")
    DOWNLOADED = "downloaded", _("Downloaded")
    DELIVERED = "delivered", _("Sent to a target")


class MailKind(models.TextChoices):
    """Which mail a transition sends to the people who asked."""

    READY = "ready", _("Export ready")
    FAILED = "failed", _("Export failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One allowed step, with the event it leaves and the mail it sends."""

    source: ExportState
    target: ExportState
    event: ExportEventKind
    mail: MailKind | None = None


EXPORT_JOB = "export"
"""What the queue calls the job of compiling an export."""
SHARD_JOB = "shard"
"""What the queue calls the job of packing a shard of an export."""

ACTIVE_STATES = (ExportState.QUEUED, ExportState.RUNNING)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        source=ExportState.QUEUED,
        target=ExportState.RUNNING,
        event=ExportEventKind.CLAIMED,
    ),
    Transition(
        source=ExportState.QUEUED,
        target=ExportState.CANCELLED,
        event=ExportEventKind.CANCELLED,
    ),
    Transition(
        source=ExportState.RUNNING,
        target=ExportState.RUNNING,
        event=ExportEventKind.TAKEN_OVER,
    ),
    Transition(
        source=ExportState.RUNNING,
        target=ExportState.READY,
        event=ExportEventKind.COMPLETED,
        mail=MailKind.READY,
    ),
    Transition(
        source=ExportState.RUNNING,
        target=ExportState.FAILED,
        event=ExportEventKind.FAILED,
        mail=MailKind.FAILED,
    ),
    Transition(
        source=ExportState.RUNNING,
        target=ExportState.CANCELLED,
        event=ExportEventKind.CANCELLED,
    ),
    Transition(
        source=ExportState.READY,
        target=ExportState.EXPIRED,
        event=ExportEventKind.EXPIRED,
    ),
)

_BY_STEP = {(step.source, step.target): step for step in TRANSITIONS}


def get_transition(source: str, target: str) -> Transition:
    """Return the transition between two states.

    Raises:
        TransitionError: If the table has no such step.
    """
    step = _BY_STEP.get((ExportState(source), ExportState(target)))
    if step is None:
        raise TransitionError(source, target)
    return step
