"""Exports, who asked for them, their receipts, links, mails and history."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookbag.domain.courses.models import Assignment, Course, Project
from bookbag.domain.people.models import Workspace
from bookbag.exports.outbox import OutboxRow
from bookbag.exports.states import (
    ACTIVE_STATES,
    ExportEventKind,
    ExportState,
    MailKind,
    ShardState,
)
from bookbag.jobs.models import Job


class Export(Job):
    """One request for data: its state, its progress and its file.

    Invariants: those of a job. At most one export with the same ``request_key`` is
    queued or running.

    Units: sizes in bytes.
    """

    identifier = models.CharField(max_length=60)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="exports"
    )
    course = models.ForeignKey(
        Course, on_delete=models.SET_NULL, null=True, blank=True, related_name="exports"
    )
    assignment = models.ForeignKey(
        Assignment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="exports",
    )
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="exports_about",
    )
    project = models.ForeignKey(
        Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """A project that belongs to no assignment."""
    scope_name = models.CharField(max_length=300)
    options = models.JSONField(default=dict, blank=True)
    request_key = models.CharField(max_length=64)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports"
    )

    state = models.CharField(
        max_length=12, choices=ExportState, default=ExportState.QUEUED
    )
    snapshot_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    storage_key = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=300, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    problem_count = models.PositiveIntegerField(default=0)

    class Meta:
        """Constraints and order of exports."""

        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "lease_expires_at"], name="export_stalled"),
            models.Index(fields=["course", "-requested_at"], name="export_of_course"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["request_key"],
                condition=Q(state__in=ACTIVE_STATES),
                name="export_once_while_active",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ExportState.values), name="export_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=ExportState.READY)
                | (~Q(storage_key="") & ~Q(sha256="") & Q(expires_at__isnull=False)),
                name="export_ready_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.identifier} of {self.scope_name}"

    @property
    def is_active(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in ACTIVE_STATES

    @property
    def is_encrypted(self) -> bool:
        """Whether only a recipient can read its file."""
        return bool(self.options.get("encrypt_to"))

    @property
    def is_archive(self) -> bool:
        """Whether its file is a ZIP, encrypted or not."""
        return self.file_name.removesuffix(".age").endswith(".zip")

    @property
    def is_downloadable(self) -> bool:
        """Whether its file may be downloaded now; expiry counts before the sweep."""
        return (
            self.state == ExportState.READY
            and self.expires_at is not None
            and self.expires_at > timezone.now()
        )

    @property
    def has_expired(self) -> bool:
        """Whether it was ready and is not any more, swept or not."""
        return self.state == ExportState.EXPIRED or (
            self.state == ExportState.READY and not self.is_downloadable
        )


class ExportShard(Job):
    """A run of an export's workspaces, for any worker to pack.

    Invariants: those of a job. It is worked on only while its export is running, and
    goes with it. Number 0 is what stands before the first workspace: it is ready from
    the start.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=ShardState, default=ShardState.QUEUED
    )
    plan_digest = models.CharField(max_length=64)
    """Of all that its bytes and its place depend on but the files themselves."""
    tasks = models.BinaryField()
    upload_key = models.CharField(max_length=200)
    upload_id = models.CharField(max_length=1000)
    first_part = models.PositiveIntegerField()
    part_count = models.PositiveIntegerField()
    outcome_key = models.CharField(max_length=200, blank=True)
    """Where it says what came of it."""

    class Meta:
        """Constraints and order of shards."""

        ordering = ["export", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "number"], name="export_shard_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=ShardState.READY) | ~Q(outcome_key=""),
                name="export_shard_ready_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"Shard {self.number} of {self.export_id}"


class ExportRequester(models.Model):
    """Somebody who asked for an export: the first, or one who joined it."""

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="requesters"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="requests"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    purpose = models.CharField(max_length=200, blank=True)
    """What the person said the data is for; shown to those whose data it is."""
    dismissed_at = models.DateTimeField(null=True, blank=True)
    """When the person took it from the banner of their pages."""

    class Meta:
        """Constraints of requesters."""

        constraints = [
            models.UniqueConstraint(
                fields=["export", "person"], name="export_requester_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} asked for {self.export_id}"


class ExportReceipt(models.Model):
    """The receipt of a finished export, kept after its file is gone.

    Invariants: ``document`` is the exact ``receipt.json`` of the archive, so that its
    signature can be checked; the numbers repeat it for lists.

    Units: sizes in bytes.
    """

    export = models.OneToOneField(
        Export, on_delete=models.CASCADE, primary_key=True, related_name="receipt"
    )
    document = models.BinaryField()
    expected = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    empty = models.PositiveIntegerField()
    excluded = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    file_count = models.PositiveBigIntegerField()
    payload_bytes = models.PositiveBigIntegerField()

    class Meta:
        """The arithmetic of a receipt, held by the database."""

        constraints = [
            models.CheckConstraint(
                condition=Q(
                    expected=models.F("present")
                    + models.F("empty")
                    + models.F("excluded")
                    + models.F("failed")
                ),
                name="receipt_adds_up",
            )
        ]

    def __str__(self) -> str:
        return f"Receipt of {self.export_id}"


class DownloadLink(models.Model):
    """A link that was mailed to one person; only the token's digest is kept."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="links")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="links"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order of links."""

        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return f"Link to {self.export_id}"


class MailMessage(OutboxRow):
    """One mail that is due, written in the transaction that made it due.

    Invariants: at most one of a kind for an export and a person; the text is made at
    delivery, because only then is the link issued and its token known.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="mails")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mails"
    )
    kind = models.CharField(max_length=10, choices=MailKind)

    class Meta:
        """Constraints of mails."""

        indexes = [models.Index(fields=["state", "due_at"], name="mail_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "person", "kind"], name="mail_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} mail of {self.export_id}"


class ExportEvent(models.Model):
    """One line of an export's history."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=ExportEventKind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="export_events",
    )
    attempt = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Order of events."""

        ordering = ["happened_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.export_id}"


class PeriodicRun(models.Model):
    """The last run of a periodic task, in whichever worker it was."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    """When it last ended well; older than ``started_at`` while it runs or fails."""
    failure = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name
