"""Keys for one purpose each, derived from the server's secret key."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32


def derive_key(purpose: str) -> bytes:
    """Return the key of a purpose; it says nothing about the keys of others.

    Shape: 32 bytes.
    """
    secret = settings.SECRET_KEY.encode()
    kdf = HKDF(hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(secret)
