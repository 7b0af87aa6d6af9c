"""Invitations that are due, sent, or of no use any more."""

from django.conf import settings
from django.db import models

from bookbag.domain.people.models import Member
from bookbag.exports.outbox import OutboxRow


class Invitation(OutboxRow):
    """One mail to a new member, with a link to choose a first password.

    Invariants: the link is made at delivery and kept nowhere but in the mail.
    """

    member = models.OneToOneField(
        Member, on_delete=models.CASCADE, related_name="invitation"
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    def __str__(self) -> str:
        return f"Invitation {self.pk}"
