"""How courses are taught, as far as somebody said it: nothing here has a default.

A value that nobody gave is null or empty, so that whoever reads it is told nothing
that nobody said (ADR 0110).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.models import Assignment, Course


class CourseSchedule(models.Model):
    """When a course is held, and the words that it is filed under."""

    course = models.OneToOneField(
        Course, on_delete=models.CASCADE, primary_key=True, related_name="schedule"
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    """A name like Europe/Berlin."""
    tags = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"Schedule of {self.course}"


class Visibility(models.TextChoices):
    """What students see of an assignment in a certain state."""

    READ_ONLY_RESUBMIT = "READ_ONLY_RESUBMIT", _("Read-only, may hand in again")
    READ_ONLY = "READ_ONLY", _("Read-only")
    NO_ACCESS = "NO_ACCESS", _("No access")


class EndAction(models.TextChoices):
    """What happens to an assignment when its time is over."""

    COMPLETE = "COMPLETE", _("Complete")
    DISABLE = "DISABLE", _("Disable")
    DISABLE_AND_COMPLETE = "DISABLE_AND_COMPLETE", _("Disable and complete")


class AssignmentSettings(models.Model):
    """How an assignment is to be worked on.

    Invariants: Bookbag keeps these and hands them out; the platform that runs the
    projects is what acts on them.
    """

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="settings"
    )
    description = models.TextField(blank=True)
    image_url = models.CharField(max_length=2000, blank=True)
    box_type = models.CharField(max_length=20, blank=True)
    """How large a machine its projects run on."""
    is_disabled = models.BooleanField(null=True)
    releases_grades = models.BooleanField(null=True)
    allows_reset = models.BooleanField(null=True)
    """Whether students may begin again."""
    forbids_download = models.BooleanField(null=True)
    when_disabled = models.CharField(max_length=20, choices=Visibility, blank=True)
    when_completed = models.CharField(max_length=20, choices=Visibility, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    completes_when_due = models.BooleanField(null=True)
    end_action = models.CharField(max_length=20, choices=EndAction, blank=True)
    penalties = models.JSONField(default=dict, blank=True)
    """What handing in late costs."""
    exam_mode = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Settings of {self.assignment}"


class TimeExtension(models.Model):
    """More time for one student in one assignment.

    Units: minutes.
    """

    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="time_extensions"
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="time_extensions",
    )
    deadline_minutes = models.PositiveIntegerField(null=True, blank=True)
    """After the day it is due."""
    limit_minutes = models.PositiveIntegerField(null=True, blank=True)
    """In an exam of a limited time."""

    class Meta:
        """Constraints of time extensions."""

        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "student"], name="time_extension_once"
            )
        ]

    def __str__(self) -> str:
        return f"More time for {self.student} in {self.assignment}"


class MentorLearner(models.Model):
    """A learner whom a mentor looks after in a course.

    Invariants: a teacher with any such row sees these learners of the course and no
    others; one without sees all.
    """

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="mentor_learners"
    )
    mentor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="learners"
    )
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentors"
    )

    class Meta:
        """Constraints of mentors and their learners."""

        constraints = [
            models.UniqueConstraint(
                fields=["course", "mentor", "learner"], name="mentor_learner_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mentor} looks after {self.learner}"


class PublishedSource(models.Model):
    """The files that an assignment begins with, as they were published last.

    Invariants: ``files_folder`` is ours and holds what the safe extractor made of an
    archive; it is only ever read through the engine.
    """

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="source"
    )
    files_folder = models.CharField(max_length=4096)
    changelog = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="published_sources",
    )

    class Meta:
        """Constraints of sources."""

        constraints = [
            models.CheckConstraint(
                condition=~Q(files_folder=""), name="published_source_has_folder"
            )
        ]

    def __str__(self) -> str:
        return f"Version {self.version} of {self.assignment}"
