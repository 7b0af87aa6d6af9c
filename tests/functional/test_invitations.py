"""Whom an admin adds gets a mail, chooses a password, and is in."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

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
