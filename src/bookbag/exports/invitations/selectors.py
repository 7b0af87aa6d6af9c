"""How far an invitation is, for the list of users."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from bookbag.domain.people.models import Member, MemberStatus
from bookbag.exports.invitations.models import Invitation
from bookbag.exports.outbox import OutboxState

FRESH = timedelta(minutes=5)
"""How long after one mail no other is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationStatus:
    """What is known of a member's way to a first password."""

    is_needed: bool
    """Whether the member could be invited: active, with an address, never here, and
    without a password."""
    is_waiting: bool = False
    is_lost: bool = False
    """Whether the mail could not be delivered."""
    sent_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether the mail was sent a moment ago."""
        return self.sent_at is not None and timezone.now() < self.sent_at + FRESH

    @property
    def has_expired(self) -> bool:
        """Whether the link in the mail opens nothing any more."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


def describe_invitation(member: Member) -> InvitationStatus:
    """Return how far a member's invitation is.

    Asks nothing of the database when the member was read with its invitation.
    """
    user = member.user
    is_needed = (
        member.status == MemberStatus.ACTIVE
        and user.is_active
        and bool(user.email)
        and user.last_login is None
        and not user.has_usable_password()
    )
    sent: Invitation | None = getattr(member, "invitation", None)
    if sent is None:
        return InvitationStatus(is_needed=is_needed)
    sent_at = sent.delivered_at
    days = timedelta(days=settings.BOOKBAG_INVITATION_DAYS)
    return InvitationStatus(
        is_needed=is_needed,
        is_waiting=sent.state == OutboxState.WAITING,
        is_lost=sent.state in (OutboxState.GIVEN_UP, OutboxState.SKIPPED),
        sent_at=sent_at,
        expires_at=None if sent_at is None else sent_at + days,
    )
