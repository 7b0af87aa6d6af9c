"""Inviting new members: a row beside the membership, then a mail until it goes."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.errors import InvitationRefusedError
from bookbag.domain.people.membership import member_added
from bookbag.domain.people.models import Member, MemberStatus, User
from bookbag.exports.invitations.models import Invitation
from bookbag.exports.invitations.selectors import describe_invitation
from bookbag.exports.mailing import RETRY_SECONDS, make_mail, send_row
from bookbag.exports.outbox import OutboxState, claim_row, finish_row, list_due


@receiver(member_added)
def invite(member: Member, inviter: User, **_others: Any) -> None:
    """Write an invitation for a new member who cannot sign in yet."""
    if not member.user.has_usable_password():
        Invitation.objects.get_or_create(
            member=member, defaults={"invited_by": inviter}
        )


def invite_again(*, actor: User, member: Member) -> None:
    """Send a new invitation to somebody whose first one was lost or has expired.

    Links of earlier mails open nothing from then on.

    Args:
        actor: Who does it: an owner or admin of the workspace.
        member: Whom to invite.

    Raises:
        InvitationRefusedError: If they can sign in already, were deactivated, have no
            address, or were sent one a moment ago.
    """
    _check_wanted(member)
    with transaction.atomic():
        # Another row: whoever still delivers the old one changes nothing any more.
        Invitation.objects.filter(member=member).delete()
        Invitation.objects.create(member=member, invited_by=actor)
        member.user.set_unusable_password()  # another one, which ends the old links
        member.user.save(update_fields=["password"])
        deed = Deed(
            act=Act.MEMBER_INVITED,
            target=member.user.username,
            target_key=member.user_id,
        )
        record(member.workspace_id, deed, person=actor)


def _check_wanted(member: Member) -> None:
    name = member.user.full_name
    refusals = {
        "no-address": _("%(name)s has no e-mail address."),
        "right-ended": _("%(name)s is deactivated; reactivate them first."),
        "has-password": _("%(name)s has chosen a password already."),
    }
    reason = _reason_to_skip(member)
    if reason:
        raise InvitationRefusedError(refusals[reason] % {"name": name})
    known = describe_invitation(member)
    if known.is_waiting or known.is_fresh:
        text = _("The invitation of %(name)s is on its way; wait a few minutes.")
        raise InvitationRefusedError(text % {"name": name})


def deliver_invitations() -> int:
    """Deliver every invitation that is due; safe in many workers at once.

    Returns:
        How many were delivered.
    """
    return sum(_deliver(key) for key in list_due(Invitation.objects.all()))


def _deliver(key: int) -> bool:
    rows = Invitation.objects.select_related(
        "member__user", "member__workspace", "invited_by"
    )
    invitation = claim_row(rows, key, RETRY_SECONDS)
    if invitation is None:
        return False
    reason = _reason_to_skip(invitation.member)
    if reason:
        finish_row(invitation, OutboxState.SKIPPED, skipped_because=reason)
        return False
    return send_row(invitation, lambda: _compose(invitation))


def _reason_to_skip(member: Member) -> str:
    if not member.user.email:
        return "no-address"
    if member.status != MemberStatus.ACTIVE or not member.user.is_active:
        return "right-ended"
    return "has-password" if member.user.has_usable_password() else ""


def _compose(invitation: Invitation) -> EmailMultiAlternatives:
    member = invitation.member
    token = default_token_generator.make_token(member.user)
    names = {"uidb36": user_pk_to_url_str(member.user), "key": token}
    path = reverse("account_reset_password_from_key", kwargs=names)
    context = {
        "person": member.user,
        "workspace": member.workspace,
        "inviter": invitation.invited_by,
        "days": settings.BOOKBAG_INVITATION_DAYS,
        "link_url": settings.BOOKBAG_BASE_URL + path,
        "sign_in_url": settings.BOOKBAG_BASE_URL + reverse("account_login"),
        "has_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    key = f"invitation.{invitation.pk}"
    return make_mail("invitations/mail/invited", context, to=member.user.email, key=key)
