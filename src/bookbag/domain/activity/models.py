"""Access events, and the sign-ins that are still open."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.models import Assignment, Course, Project


class AccessType(models.TextChoices):
    """What somebody did."""

    LOG_IN = "Log In", _("Log In")
    LOG_OUT = "Log Out", _("Log Out")
    PROJECT_OPEN = "Project Open", _("Project Open")
    PROJECT_CLOSE = "Project Close", _("Project Close")


SIGN_IN_TYPES = (AccessType.LOG_IN, AccessType.LOG_OUT)
PROJECT_TYPES = (AccessType.PROJECT_OPEN, AccessType.PROJECT_CLOSE)


def make_event_id() -> str:
    """Return a new identity of an event that Bookbag itself records."""
    return uuid.uuid4().hex


class AccessEvent(models.Model):
    """One time that somebody signed in or out, or opened or closed a project.

    Invariants: a log-in and a log-out belong to no course; what is done to a project
    names its path and its course, and ``role`` is what the person was in it at that
    time. A project that is somebody's own has no course and no role.
    """

    event_id = models.CharField(max_length=200, default=make_event_id, unique=True)
    """What the system that it comes from calls it."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="access_events",
    )
    access_type = models.CharField(max_length=13, choices=AccessType)
    occurred_at = models.DateTimeField(default=timezone.now)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    """Where the person signed in from."""
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_events",
    )
    assignment = models.ForeignKey(
        Assignment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="access_events",
    )
    project_path = models.CharField(max_length=1000, blank=True)
    role = models.CharField(max_length=10, blank=True)

    class Meta:
        """Constraints, indexes and order of events."""

        ordering = ["occurred_at", "pk"]
        indexes = [
            models.Index(fields=["course", "occurred_at"], name="access_of_course"),
            models.Index(fields=["user", "occurred_at"], name="access_of_user"),
            models.Index(fields=["occurred_at"], name="access_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(access_type__in=SIGN_IN_TYPES, course__isnull=True)
                | Q(access_type__in=PROJECT_TYPES)
                & (Q(course__isnull=False) | ~Q(project_path="")),
                name="access_event_course",
            )
        ]

    def __str__(self) -> str:
        return f"{self.access_type} of {self.user}"


class SignIn(models.Model):
    """A browser that somebody signed in with, until its log-out is recorded."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    signed_in_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} since {self.signed_in_at}"


class ProjectVisit(models.Model):
    """A page on which somebody has a project open, until its closing is recorded."""

    key = models.CharField(max_length=32, default=make_event_id, unique=True)
    """What the page calls it."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="project_visits",
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="visits"
    )
    role = models.CharField(max_length=10)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
    """When the page last said that it is open."""

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"
