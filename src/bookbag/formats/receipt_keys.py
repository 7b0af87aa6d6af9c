"""The Ed25519 key that signs receipts: made once, readable by its owner only."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

OWNER_ONLY = 0o600


def load_receipt_key() -> Ed25519PrivateKey:
    """Return the key that signs receipts; make it when there is none yet.

    Two processes that start together agree: the first to link the file wins, and
    the key is complete before its name is visible.

    Raises:
        ImproperlyConfigured: If the file holds something else.
    """
    path = Path(settings.BOOKBAG_RECEIPT_KEY)
    if not path.exists():
        _make_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        message = f"Found another kind of key, expected Ed25519 in PEM: {path.name!r}"
        raise ImproperlyConfigured(message)
    return key


def load_receipt_public_key() -> Ed25519PublicKey:
    """Return the public half, which anybody may have."""
    return load_receipt_key().public_key()


def describe_public_key() -> dict[str, str]:
    """Return the public half as it is published.

    Shape: ``algorithm``, ``key`` (raw, base64) and ``pem``.
    """
    public = load_receipt_public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "algorithm": "Ed25519",
        "key": base64.b64encode(public.public_bytes_raw()).decode(),
        "pem": pem.decode(),
    }


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    staged.touch(mode=OWNER_ONLY)
    staged.write_bytes(pem)
    try:
        os.link(staged, path)
    except FileExistsError:
        pass
    finally:
        staged.unlink()
