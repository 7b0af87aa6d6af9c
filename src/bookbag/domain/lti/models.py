"""What launches need: platforms, keys, course settings, and who was launched."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Workspace


def make_course_code() -> str:
    """Return a new code of a course in its integration URLs: 24 digits, hexadecimal."""
    return secrets.token_hex(12)


class ToolKey(models.Model):
    """Bookbag's own key pair, with which it asks platforms for rosters."""

    key_id = models.CharField(max_length=60, unique=True)
    """The thumbprint of the public key (RFC 7638)."""
    sealed_private_key = models.TextField()
    """PEM, sealed with the server's secret key."""
    public_key = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.key_id


class LtiWorkspace(models.Model):
    """The part of a workspace's integration URLs that is its own."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="lti"
    )
    identifier = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    def __str__(self) -> str:
        return str(self.identifier)


class LtiCourse(models.Model):
    """Whether and how a course can be launched."""

    course = models.OneToOneField(Course, on_delete=models.CASCADE, related_name="lti")
    code = models.CharField(
        max_length=24, default=make_course_code, unique=True, editable=False
    )
    is_enabled = models.BooleanField(default=False)
    has_constant_urls = models.BooleanField(default=False)
    """Whether integration URLs leave the course out; a custom parameter names it."""

    def __str__(self) -> str:
        return f"{self.course} ({self.code})"


class Platform(models.Model):
    """A learning platform that launches by LTI 1.3, as it describes itself."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="platforms"
    )
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=200)
    deployment_id = models.CharField(max_length=200)
    key_set_url = models.URLField(max_length=500)
    login_url = models.URLField(max_length=500)
    """Where the person is sent to be authenticated."""
    token_url = models.URLField(max_length=500, blank=True)
    """Where Bookbag gets access to the roster; empty when it does not."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Constraints and order of platforms."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "client_id", "deployment_id"], name="platform_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ConsumerKey(models.Model):
    """A key with which a platform signs launches by LTI 1.1."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="consumer_keys"
    )
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=60, unique=True)
    sealed_secret = models.TextField()
    """Sealed with the server's secret key: checking a signature needs it in clear."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order of keys."""

        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.key


class LaunchedPerson(models.Model):
    """Who a user is on a platform: of either version, not of both."""

    platform = models.ForeignKey(
        Platform,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="people",
    )
    consumer_key = models.ForeignKey(
        ConsumerKey,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="people",
    )
    subject = models.CharField(max_length=255)
    """What the platform calls the person."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lti_people"
    )

    class Meta:
        """Constraints of people."""

        constraints = [
            models.CheckConstraint(
                condition=Q(platform__isnull=False, consumer_key__isnull=True)
                | Q(platform__isnull=True, consumer_key__isnull=False),
                name="launched_person_has_one_source",
            ),
            models.UniqueConstraint(
                fields=["platform", "subject"],
                condition=Q(platform__isnull=False),
                name="launched_person_once",
            ),
            models.UniqueConstraint(
                fields=["consumer_key", "subject"],
                condition=Q(consumer_key__isnull=False),
                name="launched_person_once_by_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.subject}"


class LaunchTicket(models.Model):
    """Something that may be used once until it expires: a state or a nonce."""

    name = models.CharField(max_length=300, unique=True)
    value = models.CharField(max_length=800, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name


class RosterSource(models.Model):
    """Where a platform offers the names and roles of a course."""

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="roster_sources"
    )
    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, related_name="roster_sources"
    )
    memberships_url = models.URLField(max_length=1000)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Constraints of sources."""

        constraints = [
            models.UniqueConstraint(
                fields=["course", "platform"], name="roster_source_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course} on {self.platform}"
