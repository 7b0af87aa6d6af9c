"""Whom an admin adds gets a mail, chooses a password, and is in."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookbag.domain.audit.models import Act, AuditDraft
from bookbag.domain.people.membership import NewMember, add_members
from bookbag.domain.people.models import Member, MemberRole, MemberStatus, User
from bookbag.exports.invitations.inviting import deliver_invitations
from bookbag.exports.invitations.models import Invitation
from bookbag.exports.outbox import OutboxState
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a-battery-of-horses"  # noqa: S105 - of test users only


@pytest.fixture
def admin() -> User:
    workspace = factories.make_workspace("Example Lab")
    return factories.make_member(workspace, "ada", role=MemberRole.ADMIN)


def add(client: Client, admin: User, addresses: str) -> None:
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    slug = admin.memberships.get().workspace.slug
    client.post(reverse("users", kwargs={"slug": slug}), {"people": addresses})
    client.logout()


def find_path(text: str) -> str:
    found = re.search(r"http://127.0.0.1:8000(/accounts/password/reset/key/\S+)", text)
    assert found
    return found[1]


def test_a_new_user_chooses_a_password_and_signs_in(
    client: Client, admin: User
) -> None:
    add(client, admin, "new@example.edu")
    assert deliver_invitations() == 1

    message = mail.outbox[0]
    assert message.to == ["new@example.edu"]
    assert message.subject == "Your account in “Example Lab”"
    assert "Ada Example added you to “Example Lab”" in message.body
    form = client.get(find_path(str(message.body)))["Location"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    client.post("/accounts/login/", {"login": "new@example.edu", "password": PASSWORD})

    user = User.objects.get(email="new@example.edu")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified
    assert client.get(find_path(str(message.body))).status_code == 200  # used up


def test_it_is_sent_once_and_only_to_who_needs_it(client: Client, admin: User) -> None:
    add_members(admin.memberships.get().workspace, [NewMember(email="load@x.example")])
    known = factories.make_user("kim")
    add(client, admin, f"new@example.edu\n{known.email}\n{admin.email}")
    add(client, admin, "new@example.edu")

    assert deliver_invitations() == 1
    assert deliver_invitations() == 0
    assert [message.to for message in mail.outbox] == [["new@example.edu"]]


def test_who_was_deactivated_meanwhile_is_not_invited(
    client: Client, admin: User
) -> None:
    add(client, admin, "new@example.edu")
    new = Member.objects.filter(user__email="new@example.edu")
    new.update(status=MemberStatus.DEACTIVATED)

    assert deliver_invitations() == 0
    invitation = Invitation.objects.get()
    assert invitation.state == OutboxState.SKIPPED
    assert invitation.skipped_because == "right-ended"


@pytest.fixture
def invited(client: Client, admin: User) -> Member:
    """Somebody whose invitation was sent a while ago."""
    add(client, admin, "new@example.edu")
    deliver_invitations()
    Invitation.objects.update(delivered_at=timezone.now() - timedelta(hours=1))
    return Member.objects.get(user__email="new@example.edu")


def press(client: Client, admin: User, member: Member) -> str:
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    names = {"slug": member.workspace.slug, "member_id": member.pk}
    page = client.post(reverse("member-invite", kwargs=names), follow=True)
    client.logout()
    return str(page.content.decode())


def opens(client: Client, message: EmailMessage) -> bool:
    return bool(client.get(find_path(str(message.body))).status_code == 302)


def test_who_lost_the_mail_is_invited_again_and_the_old_link_ends(
    client: Client, admin: User, invited: Member
) -> None:
    text = press(client, admin, invited)
    assert deliver_invitations() == 1

    first, second = mail.outbox
    assert "gets a new invitation" in text
    assert second.to == ["new@example.edu"]
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
    assert (opens(client, first), opens(client, second)) == (False, True)
    draft = AuditDraft.objects.get(act=Act.MEMBER_INVITED)
    assert (draft.person_key, draft.target_key) == (admin.pk, str(invited.user_id))


def test_an_invitation_that_was_given_up_can_be_sent_again(
    client: Client, admin: User, invited: Member
) -> None:
    Invitation.objects.update(state=OutboxState.GIVEN_UP, delivered_at=None)

    press(client, admin, invited)

    assert deliver_invitations() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "md5$a$b"}, "has chosen a password already"),
        ({"is_active": False}, "is deactivated"),
        ({"email": ""}, "has no e-mail address"),
    ],
)
def test_nobody_is_invited_who_cannot_be(
    client: Client,
    admin: User,
    invited: Member,
    changes: dict[str, object],
    words: str,
) -> None:
    User.objects.filter(pk=invited.user_id).update(**changes)

    assert words in press(client, admin, invited)
    assert deliver_invitations() == 0
    assert not AuditDraft.objects.filter(act=Act.MEMBER_INVITED).exists()


def test_nobody_is_sent_one_after_the_other(
    client: Client, admin: User, invited: Member
) -> None:
    press(client, admin, invited)

    assert "wait a few minutes" in press(client, admin, invited)
    deliver_invitations()
    assert "wait a few minutes" in press(client, admin, invited)
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Invited on"),
        ({"delivered_at": datetime(2026, 1, 1, tzinfo=UTC)}, "invitation expired on"),
        ({"state": OutboxState.WAITING}, "waits for the mail server"),
        ({"state": OutboxState.GIVEN_UP}, "could not be delivered"),
    ],
)
def test_the_list_says_how_far_an_invitation_is(
    client: Client,
    admin: User,
    invited: Member,
    changes: dict[str, object],
    words: str,
) -> None:
    Invitation.objects.update(**changes)
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")

    url = reverse("users", kwargs={"slug": invited.workspace.slug})
    page = client.get(url).content.decode()

    assert words in page
    assert page.count("Invite again") == 1


def test_a_mail_server_that_is_away_is_tried_again(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(client, admin, "new@example.edu")

    def refuse(_self: object) -> None:
        message = "connection refused"
        raise OSError(message)

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)

    assert deliver_invitations() == 0
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.attempt) == (OutboxState.WAITING, 1)
    assert invitation.failure == "OSError: connection refused"
