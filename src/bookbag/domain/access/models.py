"""Tokens of persons, clients of services with their tokens, and how often they come."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from bookbag.domain.people.models import Workspace


class PersonalToken(models.Model):
    """A token with which a program does what its person may do.

    Invariants: only the digest is kept; a revoked or expired token keeps its row, so
    that people see what there was.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="access_tokens",
    )
    name = models.CharField(max_length=100)
    """What it is for, in the person's words."""
    token_digest = models.CharField(max_length=64, unique=True)
    ends_with = models.CharField(max_length=4)
    """The last characters, to tell tokens apart."""
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order of tokens."""

        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} (…{self.ends_with})"

    @property
    def is_live(self) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class ServiceClient(models.Model):
    """A service that works in one workspace by client credentials (OAuth 2).

    Invariants: ``account`` is a user of the service's own, to which nobody signs in
    and which is a member of nothing; it may administer the workspace as long as the
    client is not revoked (``policies``, ADR 0090).
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="service_clients"
    )
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="service_client",
    )
    name = models.CharField(max_length=100)
    client_id = models.CharField(max_length=60, unique=True)
    secret_digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="made_clients",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order of clients."""

        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class ServiceToken(models.Model):
    """A bearer token that a client got for a short time."""

    client = models.ForeignKey(
        ServiceClient, on_delete=models.CASCADE, related_name="tokens"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    issued_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Token of {self.client_id}"


class UsageWindow(models.Model):
    """How often somebody came in one stretch of time, for a rate limit."""

    bearer = models.CharField(max_length=60)
    """Who came: ``personal:7`` or ``client:3``."""
    limit_name = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """Constraints of windows."""

        constraints = [
            models.UniqueConstraint(
                fields=["bearer", "limit_name", "began_at"], name="usage_window_once"
            )
        ]
        indexes = [models.Index(fields=["began_at"], name="usage_window_began")]

    def __str__(self) -> str:
        return f"{self.bearer}: {self.count}"


class KeptAnswer(models.Model):
    """What was answered to a request with an ``Idempotency-Key``, for a day.

    Invariants: without a status the request is being worked on; its answer is written
    when it is done, and the row goes when it fails.
    """

    bearer = models.CharField(max_length=60)
    key_digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    """The digest of method, address and body: the same key is for the same request."""
    status = models.PositiveIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=500, blank=True)
    packed_body = models.BinaryField(blank=True, default=bytes)
    """Compressed with zlib."""
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Constraints of kept answers."""

        constraints = [
            models.UniqueConstraint(
                fields=["bearer", "key_digest"], name="kept_answer_once"
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="kept_answer_asked")]

    def __str__(self) -> str:
        return f"Answer to {self.bearer}"
