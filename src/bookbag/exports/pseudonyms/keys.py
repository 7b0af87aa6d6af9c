"""Keys of pseudonyms: made when a purpose is first named, read when one is needed."""

import hashlib
import hmac
import secrets

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.sealing import SecretBox
from bookbag.exports.errors import KeyDestroyedError, OptionsError
from bookbag.exports.pseudonyms.models import PseudonymKey

KEY_BYTES = 32
CODE_CHARACTERS = 12
_BITS = 5 * CODE_CHARACTERS
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: no letter that is taken for another."""
BOX = SecretBox("bookbag.exports.pseudonyms")


def check_purpose(workspace: Workspace, purpose: str) -> None:
    """Refuse a purpose whose key was destroyed.

    Raises:
        OptionsError: If it was.
    """
    found = PseudonymKey.objects.filter(workspace=workspace, purpose=purpose).first()
    if found is not None and found.destroyed_at is not None:
        message = (
            f"Found purpose {purpose!r}, whose key was destroyed on "
            f"{found.destroyed_at:%Y-%m-%d}, expected another: option 'pseudonymise'"
        )
        raise OptionsError(message)


def ensure_key(workspace: Workspace, purpose: str, person: User) -> None:
    """Make the key of a purpose that is named for the first time."""
    _, is_new = PseudonymKey.objects.get_or_create(
        workspace=workspace,
        purpose=purpose,
        defaults={
            "sealed_key": BOX.seal(secrets.token_hex(KEY_BYTES)),
            "made_by": person,
        },
    )
    if is_new:
        deed = Deed(act=Act.PSEUDONYMS_MADE, target=purpose)
        record(workspace.pk, deed, person=person)


def open_key(workspace: Workspace, purpose: str) -> bytes:
    """Return the key of a purpose.

    Raises:
        KeyDestroyedError: If there is none any more.
    """
    found = PseudonymKey.objects.filter(workspace=workspace, purpose=purpose).first()
    if found is None or not found.sealed_key:
        raise KeyDestroyedError
    return bytes.fromhex(BOX.unseal(found.sealed_key))


def narrow_key(key: bytes, subject: int) -> bytes:
    """Return the key of a purpose for exports that cover one person alone.

    By it nobody who may have such an export learns what a person is called in others.

    Args:
        key: Of the purpose.
        subject: The key of the person in the database.
    """
    return hmac.new(key, f"subject\0{subject}".encode(), hashlib.sha256).digest()


def make_code(key: bytes, what: str, identifier: str) -> str:
    """Return the pseudonym of something: the same for equal things, by one key.

    Shape: ``person-`` and 12 letters and digits, which are 60 bits of HMAC-SHA256.

    Args:
        key: Of the purpose.
        what: What it is, in a word; pseudonyms begin with it.
        identifier: What tells it from others of its kind.
    """
    message = f"{what}\0{identifier}".encode()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    number = int.from_bytes(digest[:8]) >> (64 - _BITS)
    letters = [_ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5)]
    return f"{what}-{''.join(letters)}"
