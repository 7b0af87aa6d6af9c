"""What can be wrong with tokens and clients.

AccessError
├── TokenRefusedError
├── TokenNotFoundError
├── ClientRefusedError
├── GrantInvalidError
├── ScopeMissingError
├── KeyReusedError
└── KeyBusyError
"""

from collections.abc import Iterable


class AccessError(Exception):
    """The access of a program could not be changed or used as asked."""

    code = "access"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class TokenRefusedError(AccessError):
    """The token is unknown, was revoked or has expired."""

    code = "token_refused"


class TokenNotFoundError(AccessError, LookupError):
    """There is no such token."""

    code = "token_not_found"


class ClientRefusedError(AccessError):
    """The client is unknown or was revoked, or its secret is another."""

    code = "client_refused"


class GrantInvalidError(AccessError, ValueError):
    """A name, a scope or a number of days cannot be one."""

    code = "grant_invalid"


class ScopeMissingError(AccessError, PermissionError):
    """The token lacks the scope that this needs."""

    code = "scope_missing"

    def __init__(self, needed: str = "", granted: Iterable[str] = ()) -> None:
        self.needed = needed
        """The scope that would have been enough."""
        found = ", ".join(sorted(granted)) or "none"
        super().__init__(f"Found the scopes {found}, expected {needed}")


class KeyReusedError(AccessError, ValueError):
    """The Idempotency-Key came with another request before."""

    code = "idempotency_key_reused"


class KeyBusyError(AccessError):
    """The request with this Idempotency-Key is still being worked on."""

    code = "idempotency_key_busy"
