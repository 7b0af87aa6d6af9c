"""Opaque tokens: 256 random bits, of which only the digest is kept."""

import hashlib
import secrets

TOKEN_BYTES = 32
"""256 bits: nobody guesses one, so a fast digest without salt is enough."""


def make_token(prefix: str = "") -> str:
    """Return a new token.

    Args:
        prefix: Says what it is, so that programs which look for secrets find it.
    """
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def digest_token(token: str) -> str:
    """Return the digest that is kept instead of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
