"""Encrypting to a recipient of age while the content streams through.

Source: the age format, version 1; ADR 0105, ADR 0120.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyrage

SUFFIX = ".age"
MEDIA_TYPE = "application/octet-stream"
_START = b"age-encryption.org/"
SHOWN_CHARACTERS = 40


class Source(Protocol):
    """Where content comes from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, none at the end."""


class Sink(Protocol):
    """Where content goes to."""

    def write(self, piece: bytes, /) -> int:
        """Take the next bytes."""

    def flush(self) -> None:
        """Let go of what is held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedKey:
    """A key that only a passphrase opens."""

    recipient: str
    """To whom to encrypt; no secret."""
    content: bytes
    """The key's file, encrypted with the passphrase, in letters."""

    def save(self, path: Path) -> None:
        """Write the key to a new file that only its owner can read.

        Raises:
            FileExistsError: If there is a file already; a key is never overwritten.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(self.content)


class NoRecipientError(ValueError):
    """A text names no recipient of age."""


def make_protected_key(passphrase: str) -> ProtectedKey:
    """Make a new key and protect it by a passphrase, which is kept nowhere."""
    identity = pyrage.x25519.Identity.generate()
    content = pyrage.passphrase.encrypt(
        f"{identity}\n".encode(), passphrase, armored=True
    )
    return ProtectedKey(recipient=str(identity.to_public()), content=content)


def check_recipient(text: str) -> None:
    """Check that a text names a recipient: ``age1…``, or a public SSH key.

    Raises:
        NoRecipientError: If it does not.
    """
    _parse_recipient(text)


def encrypt_stream(source: Source, sink: Sink, recipient: str) -> None:
    """Encrypt everything of a source into a sink; memory stays flat.

    Raises:
        NoRecipientError: If the text names no recipient.
        pyrage.EncryptError: If reading or writing raised; it does not say what, so
            sources and sinks have to remember it.
    """
    pyrage.encrypt_io(source, sink, [_parse_recipient(recipient)])


def is_encrypted(path: Path) -> bool:
    """Answer whether a file is encrypted with age."""
    with path.open("rb") as file:
        return file.read(len(_START)) == _START


def _parse_recipient(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        message = (
            f"Found {text[:SHOWN_CHARACTERS]!r}, expected a recipient of age (age1…) "
            f"or a public SSH key: {error}"
        )
        raise NoRecipientError(message) from error
