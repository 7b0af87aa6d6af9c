"""Clients of services: making and revoking them, and the tokens that they get.

Source: RFC 6749, section 4.4 (client credentials); ADR 0090.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookbag.domain.access.errors import ClientRefusedError, GrantInvalidError
from bookbag.domain.access.models import ServiceClient, ServiceToken
from bookbag.domain.access.opaque import digest_token, make_token
from bookbag.domain.access.scopes import check_scopes, has_scope
from bookbag.domain.access.tokens import check_name
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User, Workspace

SECRET_PREFIX, TOKEN_PREFIX = "bbc_", "bbs_"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token that was just issued; nobody can read it afterwards."""

    token: str
    scopes: tuple[str, ...]
    expires_at: datetime
    lifetime_seconds: int


@transaction.atomic
def make_client(
    workspace: Workspace, *, name: str, scopes: Iterable[str], created_by: User
) -> tuple[ServiceClient, str]:
    """Return a new client and its secret, which nobody can read afterwards.

    Raises:
        GrantInvalidError: If the name or a scope cannot be one.
    """
    name = check_name(name)
    client_id = f"bookbag-{secrets.token_hex(12)}"
    account = User(username=client_id, first_name=name, last_name=_("(service)"))
    account.set_unusable_password()
    account.save()
    secret = make_token(SECRET_PREFIX)
    client = ServiceClient.objects.create(
        workspace=workspace,
        account=account,
        name=name,
        client_id=client_id,
        secret_digest=digest_token(secret),
        scopes=check_scopes(scopes),
        created_by=created_by,
    )
    deed = _describe(Act.CLIENT_MADE, client)
    record(workspace.pk, deed, person=created_by)
    return client, secret


@transaction.atomic
def revoke_client(client: ServiceClient) -> None:
    """Revoke a client with all its tokens; its account stays, for the history."""
    client.revoked_at = timezone.now()
    client.save(update_fields=["revoked_at"])
    client.tokens.all().delete()
    User.objects.filter(pk=client.account_id).update(is_active=False)
    record(client.workspace_id, _describe(Act.CLIENT_REVOKED, client))


def authenticate_client(client_id: str, secret: str) -> ServiceClient:
    """Return the client that an identifier and a secret belong to.

    Raises:
        ClientRefusedError: If there is none; all reasons look the same.
    """
    client = (
        ServiceClient.objects.select_related("workspace", "account")
        .filter(client_id=client_id, revoked_at__isnull=True)
        .first()
    )
    expected = client.secret_digest if client else digest_token("")
    if not secrets.compare_digest(digest_token(secret), expected) or client is None:
        raise ClientRefusedError
    return client


def issue_service_token(
    client: ServiceClient, scopes: Iterable[str] | None = None
) -> IssuedToken:
    """Issue a bearer token that is good for ``BOOKBAG_SERVICE_TOKEN_SECONDS``.

    Args:
        client: For whom, see ``authenticate_client``.
        scopes: Some of the client's scopes; None for all of them.

    Raises:
        GrantInvalidError: If the client has not one of the scopes.
    """
    granted = check_scopes(client.scopes if scopes is None else scopes)
    beyond = [name for name in granted if not has_scope(client.scopes, name)]
    if beyond:
        message = f"Found {', '.join(beyond)}, expected some of the client's scopes"
        raise GrantInvalidError(message)
    token = make_token(TOKEN_PREFIX)
    lifetime: int = settings.BOOKBAG_SERVICE_TOKEN_SECONDS
    now = timezone.now()
    row = ServiceToken.objects.create(
        client=client,
        token_digest=digest_token(token),
        scopes=granted,
        issued_at=now,
        expires_at=now + timedelta(seconds=lifetime),
    )
    return IssuedToken(
        token=token,
        scopes=tuple(granted),
        expires_at=row.expires_at,
        lifetime_seconds=lifetime,
    )


def _describe(act: Act, client: ServiceClient) -> Deed:
    detail = " ".join(client.scopes)
    return Deed(act=act, target=client.name, target_key=client.pk, detail=detail)


def purge_service_tokens() -> int:
    """Delete tokens that nobody can use any more; return how many."""
    old = ServiceToken.objects.filter(expires_at__lt=timezone.now())
    return old.delete()[0]
