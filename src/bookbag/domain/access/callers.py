"""Who calls: the person or service behind a bearer token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from bookbag.domain.access.errors import ScopeMissingError, TokenRefusedError
from bookbag.domain.access.models import PersonalToken, ServiceClient, ServiceToken
from bookbag.domain.access.opaque import digest_token
from bookbag.domain.access.scopes import has_scope
from bookbag.domain.people.models import User

NOTED_EVERY = timedelta(minutes=1)
"""The last use is written this often at most: a program that polls writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a request is from, and what its token is good for."""

    person: User
    """Whose rights count; for a service its own account."""
    scopes: Sequence[str]
    bearer: str
    """By what it is counted: the personal token, or the client with all its tokens."""
    client: ServiceClient | None = None
    """The client, when it is a service."""
    expires_at: datetime

    def need(self, scope: str) -> None:
        """Raise ``ScopeMissingError`` if the token lacks a scope."""
        if not has_scope(self.scopes, scope):
            raise ScopeMissingError(scope, self.scopes)


def find_caller(token: str) -> Caller:
    """Return who a bearer token belongs to, and note that it was used.

    Raises:
        TokenRefusedError: If it is unknown, revoked or expired, or its person may not
            sign in any more.
    """
    digest = digest_token(token)
    now = timezone.now()
    caller = _find_person(digest, now) or _find_service(digest, now)
    if caller is None or not caller.person.is_active:
        raise TokenRefusedError
    return caller


def _find_person(digest: str, now: datetime) -> Caller | None:
    live = PersonalToken.objects.filter(revoked_at__isnull=True, expires_at__gt=now)
    token = live.select_related("person").filter(token_digest=digest).first()
    if token is None:
        return None
    _note_use(PersonalToken.objects.filter(pk=token.pk), token.last_used_at, now)
    return Caller(
        person=token.person,
        scopes=token.scopes,
        bearer=f"personal:{token.pk}",
        expires_at=token.expires_at,
    )


def _find_service(digest: str, now: datetime) -> Caller | None:
    live = ServiceToken.objects.filter(
        client__revoked_at__isnull=True, expires_at__gt=now
    )
    token = (
        live.select_related("client__account", "client__workspace")
        .filter(token_digest=digest)
        .first()
    )
    if token is None:
        return None
    client = token.client
    _note_use(ServiceClient.objects.filter(pk=client.pk), client.last_used_at, now)
    return Caller(
        person=client.account,
        scopes=token.scopes,
        bearer=f"client:{client.pk}",
        client=client,
        expires_at=token.expires_at,
    )


def _note_use(row: QuerySet[Any], noted_at: datetime | None, now: datetime) -> None:
    if noted_at is None or noted_at < now - NOTED_EVERY:
        is_old = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - NOTED_EVERY)
        row.filter(is_old).update(last_used_at=now)
