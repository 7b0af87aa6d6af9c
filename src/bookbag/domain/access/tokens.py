"""Personal access tokens: making one, listing and revoking them."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bookbag.domain.access.errors import GrantInvalidError, TokenNotFoundError
from bookbag.domain.access.models import PersonalToken
from bookbag.domain.access.opaque import digest_token, make_token
from bookbag.domain.access.scopes import check_scopes
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record_everywhere
from bookbag.domain.people.models import User

PREFIX = "bbp_"
NAME_CHARACTERS = 100
DEFAULT_DAYS = 90


@transaction.atomic
def make_personal_token(
    person: User, *, name: str, scopes: Iterable[str], days: int = DEFAULT_DAYS
) -> tuple[PersonalToken, str]:
    """Return a new token's row and the token, which nobody can read afterwards.

    Args:
        person: Whose rights the token has.
        name: What it is for.
        scopes: What it may be used for, see ``TokenScope``.
        days: After how many days it expires, at most ``BOOKBAG_TOKEN_DAYS``.

    Raises:
        GrantInvalidError: If the name, a scope or the days cannot be one.
    """
    most: int = settings.BOOKBAG_TOKEN_DAYS
    if not 1 <= days <= most:
        message = f"Found {days} days, expected 1 to {most}"
        raise GrantInvalidError(message)
    token = make_token(PREFIX)
    row = PersonalToken.objects.create(
        person=person,
        name=check_name(name),
        token_digest=digest_token(token),
        ends_with=token[-4:],
        scopes=check_scopes(scopes),
        expires_at=timezone.now() + timedelta(days=days),
    )
    _record(Act.TOKEN_MADE, row)
    return row, token


def list_personal_tokens(person: User) -> QuerySet[PersonalToken]:
    """Return a person's tokens that were not revoked, the newest first."""
    return PersonalToken.objects.filter(person=person, revoked_at__isnull=True)


@transaction.atomic
def revoke_personal_token(
    token_id: int, *, person: User | None = None
) -> PersonalToken:
    """Revoke a token: it opens nothing from now on.

    Args:
        token_id: Which one.
        person: Only a token of this person; None for an operator.

    Raises:
        TokenNotFoundError: If there is none that was not revoked.
    """
    found = PersonalToken.objects.filter(pk=token_id, revoked_at__isnull=True)
    if person is not None:
        found = found.filter(person=person)
    token = found.select_related("person").first()
    if token is None:
        message = f"Found no token {token_id}, expected one that was not revoked"
        raise TokenNotFoundError(message)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    _record(Act.TOKEN_REVOKED, token)
    return token


def _record(act: Act, token: PersonalToken) -> None:
    """Record an act in every workspace that the token opens."""
    workspaces = token.person.memberships.values_list("workspace", flat=True)
    deed = Deed(
        act=act,
        target=f"{token.name} of {token.person.get_username()}",
        target_key=token.pk,
        detail=" ".join(token.scopes),
    )
    record_everywhere(workspaces, deed)


def check_name(name: str) -> str:
    """Return the name of a token or client without blanks around it.

    Raises:
        GrantInvalidError: If it is empty or too long.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_CHARACTERS or "\0" in name:
        message = f"Found {name[:40]!r}, expected a name of 1 to {NAME_CHARACTERS}"
        raise GrantInvalidError(message)
    return name
