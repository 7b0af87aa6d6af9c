"""Tokens of persons and services: shown once, kept as digests, and ended in time."""

from datetime import timedelta

import pytest
import time_machine
from django.core.serializers import serialize
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.access.callers import find_caller
from bookbag.domain.access.clients import (
    authenticate_client,
    issue_service_token,
    make_client,
    purge_service_tokens,
    revoke_client,
)
from bookbag.domain.access.errors import (
    ClientRefusedError,
    GrantInvalidError,
    ScopeMissingError,
    TokenNotFoundError,
    TokenRefusedError,
)
from bookbag.domain.access.limits import RateLimit, count_use, purge_usage
from bookbag.domain.access.models import (
    PersonalToken,
    ServiceClient,
    ServiceToken,
    UsageWindow,
)
from bookbag.domain.access.tokens import make_personal_token, revoke_personal_token
from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.people.models import Member, MemberRole, User, Workspace
from bookbag.domain.policies import can_administer_workspace
from tests import factories

pytestmark = pytest.mark.django_db
READ = "courses:read"


@pytest.fixture
def person() -> User:
    return factories.make_user("ada")


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def add_client(workspace: Workspace, *scopes: str) -> tuple[ServiceClient, str]:
    admin = factories.make_member(workspace, role=MemberRole.ADMIN)
    return make_client(
        workspace, name="Records", scopes=scopes or [READ], created_by=admin
    )


def test_a_token_is_kept_as_a_digest_only(person: User) -> None:
    row, token = make_personal_token(person, name="Script", scopes=[READ])

    kept = serialize("json", PersonalToken.objects.all())
    assert token.startswith("bbp_")
    assert token not in kept
    assert token[:-4] not in kept
    assert find_caller(token).person == person
    assert (row.ends_with, list(row.scopes)) == (token[-4:], [READ])


def test_a_secret_and_a_bearer_token_are_kept_as_digests_only(
    workspace: Workspace,
) -> None:
    client, secret = add_client(workspace)
    issued = issue_service_token(client)

    kept = serialize("json", [*ServiceClient.objects.all(), *User.objects.all()])
    kept += serialize("json", ServiceToken.objects.all())
    assert secret not in kept
    assert issued.token not in kept


@pytest.mark.parametrize(
    ("name", "scopes", "days", "fault"),
    [
        ("", [READ], 1, "Found '', expected a name of 1 to 100"),
        ("x" * 101, [READ], 1, f"Found '{'x' * 40}', expected a name of 1 to 100"),
        ("x", [], 1, "Found no scope, expected some of workspaces:read"),
        ("x", ["courses:eat"], 1, "Found 'courses:eat', expected some of"),
        ("x", [READ], 0, "Found 0 days, expected 1 to 366"),
        ("x", [READ], 367, "Found 367 days, expected 1 to 366"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    person: User, name: str, scopes: list[str], days: int, fault: str
) -> None:
    with pytest.raises(GrantInvalidError, match=fault):
        make_personal_token(person, name=name, scopes=scopes, days=days)


def test_a_token_ends_when_it_expires(person: User) -> None:
    _, token = make_personal_token(person, name="Script", scopes=[READ], days=1)
    now = timezone.now()

    with time_machine.travel(now + timedelta(hours=23, minutes=59), tick=False):
        assert find_caller(token).person == person
    with (
        time_machine.travel(now + timedelta(days=1, seconds=1), tick=False),
        pytest.raises(TokenRefusedError),
    ):
        find_caller(token)


def test_a_token_ends_when_it_is_revoked(person: User) -> None:
    row, token = make_personal_token(person, name="Script", scopes=[READ])
    revoke_personal_token(row.pk, person=person)

    with pytest.raises(TokenRefusedError, match="unknown, was revoked or has expired"):
        find_caller(token)
    with pytest.raises(TokenNotFoundError):
        revoke_personal_token(row.pk, person=person)


def test_nobody_revokes_the_token_of_another(person: User) -> None:
    row, token = make_personal_token(person, name="Script", scopes=[READ])

    with pytest.raises(TokenNotFoundError):
        revoke_personal_token(row.pk, person=factories.make_user())

    assert find_caller(token).person == person


def test_a_token_ends_with_the_account(person: User) -> None:
    token = factories.make_token(person)
    User.objects.filter(pk=person.pk).update(is_active=False)

    with pytest.raises(TokenRefusedError):
        find_caller(token)


def test_the_last_use_is_noted_once_a_minute(person: User) -> None:
    token = factories.make_token(person)
    start = timezone.now()
    noted = []

    for seconds in (0, 59, 61):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            find_caller(token)
        noted.append(PersonalToken.objects.get().last_used_at)

    assert noted == [start, start, start + timedelta(seconds=61)]


def test_writing_includes_reading_and_nothing_else(person: User) -> None:
    caller = find_caller(factories.make_token(person, "people:write"))

    caller.need("people:read")
    caller.need("people:write")
    with pytest.raises(ScopeMissingError, match="expected courses:read"):
        caller.need("courses:read")


def test_a_service_administers_its_workspace_until_it_is_revoked(
    workspace: Workspace,
) -> None:
    client, secret = add_client(workspace)
    issued = issue_service_token(authenticate_client(client.client_id, secret))
    caller = find_caller(issued.token)

    assert caller.client == client
    assert can_administer_workspace(caller.person, workspace)
    assert not can_administer_workspace(caller.person, factories.make_workspace())

    revoke_client(client)

    assert not can_administer_workspace(caller.person, workspace)
    with pytest.raises(TokenRefusedError):
        find_caller(issued.token)
    with pytest.raises(ClientRefusedError):
        authenticate_client(client.client_id, secret)


def test_a_service_is_a_member_of_nothing_and_cannot_sign_in(
    workspace: Workspace,
) -> None:
    client, _ = add_client(workspace)

    assert not Member.objects.filter(user=client.account).exists()
    assert not client.account.has_usable_password()
    assert client.account.email == ""
    assert client.account.full_name == "Records (service)"


def test_a_client_needs_its_own_secret(workspace: Workspace) -> None:
    client, _ = add_client(workspace)
    _, other_secret = add_client(workspace)

    for client_id, secret in ((client.client_id, other_secret), ("x", ""), ("", "")):
        with pytest.raises(ClientRefusedError):
            authenticate_client(client_id, secret)


def test_a_service_token_lives_shortly(
    workspace: Workspace, settings: Settings
) -> None:
    settings.BOOKBAG_SERVICE_TOKEN_SECONDS = 60
    client, _ = add_client(workspace)
    issued = issue_service_token(client)

    assert issued.lifetime_seconds == 60
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        with pytest.raises(TokenRefusedError):
            find_caller(issued.token)
        assert purge_service_tokens() == 1
    assert ServiceToken.objects.count() == 0


def test_a_service_token_has_no_more_than_its_client(workspace: Workspace) -> None:
    client, _ = add_client(workspace, "courses:write", "people:read")

    issued = issue_service_token(client, ["courses:read"])

    assert issued.scopes == ("courses:read",)
    with pytest.raises(GrantInvalidError, match="Found people:write, expected"):
        issue_service_token(client, ["people:write"])


def test_requests_are_counted_by_window() -> None:
    limit = RateLimit(name="minute", quota=2, window_seconds=60)
    with time_machine.travel("2026-11-28T10:00:50Z", tick=False):
        usages = [count_use("personal:1", limit) for _ in range(3)]
        other = count_use("personal:2", limit)
    with time_machine.travel("2026-11-28T10:01:00Z", tick=False):
        later = count_use("personal:1", limit)

    assert [usage.remaining for usage in usages] == [1, 0, 0]
    assert [usage.is_exceeded for usage in usages] == [False, False, True]
    assert {usage.reset_seconds for usage in usages} == {10}
    assert (other.remaining, later.remaining, later.reset_seconds) == (1, 1, 60)


def test_old_counts_are_removed() -> None:
    limit = RateLimit(name="minute", quota=2, window_seconds=60)
    with time_machine.travel("2026-11-25T10:00:00Z", tick=False):
        count_use("personal:1", limit)
    with time_machine.travel("2026-11-28T10:00:00Z", tick=False):
        count_use("personal:1", limit)

        assert purge_usage() == 1
    assert UsageWindow.objects.count() == 1


def test_what_is_done_to_tokens_and_clients_is_in_the_audit_log(
    workspace: Workspace,
) -> None:
    member = factories.make_member(workspace, "ada")
    row, token = make_personal_token(member, name="Script", scopes=[READ])
    revoke_personal_token(row.pk, person=member)
    client, secret = add_client(workspace)
    revoke_client(client)

    drafts = AuditDraft.objects.filter(workspace=workspace)
    assert [(draft.act, draft.target) for draft in drafts] == [
        ("token.made", "Script of ada"),
        ("token.revoked", "Script of ada"),
        ("client.made", "Records"),
        ("client.revoked", "Records"),
    ]
    kept = serialize("json", drafts)
    assert token not in kept
    assert secret not in kept
