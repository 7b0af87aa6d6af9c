"""Secrets at rest: sealed with the server's secret key, in clear only while needed."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bookbag.domain.lti.errors import SealError

_PURPOSE = b"bookbag.lti.sealing"


def seal(secret: str) -> str:
    """Return a secret in a form that only this server can read."""
    return _make_box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the secret that was sealed.

    Raises:
        SealError: If the server's secret key is another now.
    """
    try:
        return _make_box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealError from error


def _make_box() -> Fernet:
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))
