"""Imports, and the projects that were found in an upload."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookbag.domain.courses.models import Project, Stack
from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import Workspace
from bookbag.imports.projects.states import WORKED_ON_IN, ImportState
from bookbag.jobs.models import Job


class ProjectImport(Job):
    """One archive that somebody uploads to make projects of it.

    Invariants: those of a job; it is for nobody but its owner. How much has arrived is
    what the file on disk holds, and nothing else.

    Units: sizes in bytes.
    """

    WORKED_ON_IN: ClassVar[Mapping[str, str]] = WORKED_ON_IN

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="project_imports",
    )
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="project_imports"
    )
    state = models.CharField(
        max_length=12, choices=ImportState, default=ImportState.UPLOADING
    )
    attempts_before = models.PositiveIntegerField(default=0)
    """Attempts of the check, which do not count for the import."""
    file_name = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    """Of the file, as it was announced."""
    expires_at = models.DateTimeField()
    """When it is given up if nobody goes on with it."""
    kind = models.CharField(max_length=10, blank=True)
    """What kind of archive it is, once that is known."""
    left_out = models.CharField(max_length=200, blank=True)
    """Folders at the top that belong to no project."""
    description = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility, default=Visibility.PRIVATE
    )

    class Meta:
        """Constraints and order of imports."""

        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="import_expiring"),
            models.Index(fields=["owner", "state"], name="import_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="import_state"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.owner}"

    @property
    def counted_attempts(self) -> int:
        """Attempts at the step that it is in."""
        return self.attempt - self.attempts_before


class FoundProject(models.Model):
    """One project that an upload holds, and what was chosen for it.

    Units: sizes in bytes.
    """

    of_import = models.ForeignKey(
        ProjectImport, on_delete=models.CASCADE, related_name="found"
    )
    position = models.PositiveIntegerField()
    """Which one it is in the archive's order; how it is found there again."""
    assignment = models.CharField(max_length=500, blank=True)
    username = models.CharField(max_length=500, blank=True)
    file_count = models.PositiveBigIntegerField()
    folder_count = models.PositiveBigIntegerField()
    link_count = models.PositiveBigIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    renamed_count = models.PositiveBigIntegerField()
    renamed = models.JSONField(default=list, blank=True)
    """The first of the names that come back: pairs of archive path and original."""
    stack_name = models.CharField(max_length=200, blank=True)
    stack_version = models.CharField(max_length=60, blank=True)
    """With which stack it was opened, when the archive says so."""

    name = models.CharField(max_length=200, blank=True)
    """Proposed, then chosen."""
    is_chosen = models.BooleanField(default=False)
    stack = models.ForeignKey(
        Stack, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    project = models.ForeignKey(
        Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """What became of it."""

    class Meta:
        """Constraints and order of what was found."""

        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["of_import", "position"], name="found_project_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stack_label(self) -> str:
        """The stack that the archive names, as people call it."""
        return f"{self.stack_name} {self.stack_version}".rstrip()
