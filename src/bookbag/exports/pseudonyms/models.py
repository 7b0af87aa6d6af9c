"""The keys of pseudonyms, one for each workspace and purpose."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookbag.domain.people.models import Workspace

PURPOSE_CHARACTERS = 60


class PseudonymKey(models.Model):
    """The key of one purpose, or what is left of it.

    Invariants: kept sealed; once it is destroyed it is nowhere, and its row stays so
    that the purpose never gets another.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="pseudonym_keys"
    )
    purpose = models.CharField(max_length=PURPOSE_CHARACTERS)
    sealed_key = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Constraints and order of keys."""

        ordering = ["purpose"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "purpose"], name="pseudonym_key_once"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) ^ Q(sealed_key=""),
                name="pseudonym_key_or_destroyed",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose
