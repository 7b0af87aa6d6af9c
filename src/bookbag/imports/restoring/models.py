"""Restores: who asked, what the archive is, what was found, how far it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Workspace
from bookbag.imports.errors import RestoreRefusedError
from bookbag.imports.restoring.archives import ArchiveFacts
from bookbag.imports.restoring.ledger import Ledger
from bookbag.imports.restoring.working import RestoreAccount
from bookbag.jobs.models import Job

RESTORE_JOB = "restore"
FOLDER_PREFIX = "restored-"


class RestoreState(models.TextChoices):
    """Where a restore is in its life."""

    QUEUED = "queued", _("Waiting for the check")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPROVED = "approved", _("Waiting")
    RESTORING = "restoring", _("Restoring")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Restore(Job):
    """One archive on its way back into a course.

    Invariants: nothing is written before somebody has seen the check and approved it;
    what is restored is the very file that was checked, by its digest.
    """

    WORKED_ON_IN: ClassVar[Mapping[str, str]] = {
        RestoreState.QUEUED: RestoreState.CHECKING,
        RestoreState.APPROVED: RestoreState.RESTORING,
    }

    state = models.CharField(
        max_length=12, choices=RestoreState, default=RestoreState.QUEUED
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="restores"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="restores",
    )
    """None for a command of an operator."""
    by_operator = models.BooleanField(default=False)
    course_name = models.CharField(max_length=200, blank=True)
    """The course to complete or to make; empty until the archive was read."""
    course = models.ForeignKey(
        Course, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """What it was restored to."""
    archive_path = models.CharField(max_length=4096)
    archive_name = models.CharField(max_length=300)
    """What the person's file was called."""
    is_archive_ours = models.BooleanField(default=False)
    """Whether the file is removed when the restore has ended."""
    sha256 = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(null=True, blank=True)
    found = models.JSONField(null=True, blank=True)
    """What the check found; the ledger's document."""
    made = models.JSONField(null=True, blank=True)
    """What the restore did; the ledger's document."""
    files_folder = models.CharField(max_length=100, blank=True)
    """The name of the folder that the projects' files are in, when it is done."""

    class Meta:
        """Constraints and order of restores."""

        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RestoreState.values), name="restore_state"
            ),
            models.CheckConstraint(
                condition=Q(by_operator=False) | Q(requested_by__isnull=True),
                name="restore_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.archive_name} to {self.course_name}"

    @property
    def path(self) -> Path:
        """Where the archive lies."""
        return Path(self.archive_path)

    @property
    def prefix(self) -> str:
        """What the names of folders begin with that attempts of it make."""
        return f"{FOLDER_PREFIX}{self.pk}-"

    @property
    def is_active(self) -> bool:
        """Whether it waits for a worker, or one is at it."""
        return self.state in {*self.WORKED_ON_IN, *self.WORKED_ON_IN.values()}

    def describe(self) -> RestoreAccount:
        """Return what was made; before that, what would be.

        Raises:
            RestoreRefusedError: If the archive was not checked yet.
        """
        document = self.found if self.made is None else self.made
        if self.facts is None or document is None:
            message = f"Found a restore that is {self.state}, expected it checked"
            raise RestoreRefusedError(message)
        return RestoreAccount(
            facts=ArchiveFacts(**self.facts),
            course_name=self.course_name,
            ledger=Ledger.from_document(document),
        )
