"""Answers that are kept for a day, so that a request that comes again is done once.

Source: draft-ietf-httpapi-idempotency-key-header; ADR 0093.
"""

import zlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookbag.domain.access.errors import GrantInvalidError, KeyBusyError, KeyReusedError
from bookbag.domain.access.models import KeptAnswer
from bookbag.domain.access.opaque import digest_token

KEPT_FOR = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(minutes=15)
"""A request that long ago whose answer never came died with its process."""
KEY_CHARACTERS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered."""

    status: int
    content_type: str
    body: bytes
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to do a request, or what it was answered before."""

    row: KeptAnswer
    answer: Answer | None
    """None when it is to be done now."""


def begin_once(bearer: str, key: str, fingerprint: str) -> Turn:
    """Return whether a request is to be done, or what it was answered.

    Raises:
        GrantInvalidError: If the key cannot be one.
        KeyReusedError: If the key came with another request.
        KeyBusyError: If the same request is being done.
    """
    if not 0 < len(key) <= KEY_CHARACTERS:
        message = f"Found a key of {len(key)} characters, expected 1 to 255"
        raise GrantInvalidError(message)
    now = timezone.now()
    named = KeptAnswer.objects.filter(bearer=bearer, key_digest=digest_token(key))
    named.filter(asked_at__lt=now - KEPT_FOR).delete()
    named.filter(status__isnull=True, asked_at__lt=now - GIVEN_UP_AFTER).delete()
    try:
        with transaction.atomic():
            row = KeptAnswer.objects.create(
                bearer=bearer, key_digest=digest_token(key), fingerprint=fingerprint
            )
    except IntegrityError:
        return _repeat(named.first(), fingerprint)
    return Turn(row=row, answer=None)


def _repeat(row: KeptAnswer | None, fingerprint: str) -> Turn:
    if row is None:
        raise KeyBusyError  # it failed at this moment: come again
    if row.fingerprint != fingerprint:
        raise KeyReusedError
    if row.status is None:
        raise KeyBusyError
    answer = Answer(
        status=row.status,
        content_type=row.content_type,
        body=zlib.decompress(bytes(row.packed_body)),
        location=row.location,
    )
    return Turn(row=row, answer=answer)


def keep_answer(turn: Turn, answer: Answer) -> None:
    """Keep what was answered."""
    row = turn.row
    row.status, row.content_type = answer.status, answer.content_type
    row.location = answer.location
    row.packed_body = zlib.compress(answer.body)
    row.save()


def forget(turn: Turn) -> None:
    """Let a request that failed be done again."""
    turn.row.delete()


def purge_answers() -> int:
    """Delete answers that are kept no longer; return how many."""
    old = KeptAnswer.objects.filter(asked_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
