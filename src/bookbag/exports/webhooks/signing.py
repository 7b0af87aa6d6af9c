"""Signing what webhooks are told, as receivers check it.

Source: Standard Webhooks, sections "Signature scheme" and "Webhook headers".
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of every secret
SECRET_BYTES = 32


def make_secret() -> str:
    """Return a new secret, in the form in which receivers enter it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign_headers(
    keys: Sequence[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers that prove where a message comes from, and when it was sent.

    Args:
        keys: The secrets to sign with; while one replaces another, both.
        message_id: The same at each try, so that receivers can tell copies.
        timestamp: Seconds since 1970; of this try, so that old copies are refused.
        body: What is sent, byte for byte.
    """
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_sign(key, signed) for key in keys),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
