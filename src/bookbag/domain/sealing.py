"""Secrets at rest: sealed with the server's secret key, in clear only while needed."""

import base64
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from bookbag.domain.derived_keys import derive_key


class SealError(Exception):
    """A secret cannot be read: the server's secret key is not the one it was."""

    code = "seal"

    def __init__(self) -> None:
        super().__init__(
            "Found a secret of another server key: set BOOKBAG_SECRET_KEY back, or "
            "make the secret anew."
        )


@dataclass(frozen=True, slots=True)
class SecretBox:
    """Seals the secrets of one purpose; what another purpose sealed stays shut."""

    purpose: str
    """Never change it: what was sealed before could not be read any more."""

    def seal(self, secret: str) -> str:
        """Return a secret in a form that only this server can read."""
        return self._make_cipher().encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return the secret that was sealed.

        Raises:
            SealError: If the server's secret key is another now.
        """
        try:
            return self._make_cipher().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealError from error

    def _make_cipher(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(derive_key(self.purpose)))
