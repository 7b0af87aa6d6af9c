"""What can be wrong with a request to the API, beside what the services refuse.

ApiError
├── UnauthenticatedError
├── NotPermittedError
├── NotFoundError
├── MethodNotAllowedError
├── RequestUnreadableError
├── RequestTooLargeError
├── RequestInvalidError
├── NotReadyError
├── RateExceededError
├── TooManyRowsError
├── TooManyStreamsError
└── InternalError
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One thing that is wrong with a request."""

    field: str
    """Where it is: ``body.options.format``, ``query.limit``."""
    detail: str
    """What was found and what was expected."""


class ApiError(Exception):
    """The request could not be answered as asked."""

    code = "api_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class UnauthenticatedError(ApiError):
    """Found no bearer token, expected one in the Authorization header."""

    code = "authentication_required"


class NotPermittedError(ApiError):
    """The person may see this, and may not do what was asked."""

    code = "not_permitted"


class NotFoundError(ApiError, LookupError):
    """There is no such thing, or it is not for this person."""

    code = "not_found"


class MethodNotAllowedError(ApiError):
    """The address does not know this method; the Allow header lists those it knows."""

    code = "method_not_allowed"


class RequestUnreadableError(ApiError, ValueError):
    """The body of the request cannot be read."""

    code = "request_unreadable"


class RequestTooLargeError(ApiError, ValueError):
    """The request is larger than this address takes; nothing of it was read."""

    code = "request_too_large"


class RequestInvalidError(ApiError, ValueError):
    """The request has values that cannot be; the list of errors names each."""

    code = "request_invalid"

    def __init__(self, message: str = "", faults: Sequence[FieldFault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(message)


class NotReadyError(ApiError):
    """The export has no file yet, or never will."""

    code = "export_not_ready"

    def __init__(self, state: str = "") -> None:
        message = f"Found an export that is {state}, expected one that is ready"
        super().__init__(message if state else "")


class RateExceededError(ApiError):
    """Too many requests came in this stretch of time."""

    code = "rate_exceeded"

    def __init__(self, message: str = "", retry_seconds: int = 0) -> None:
        self.retry_seconds = retry_seconds
        super().__init__(message)


class TooManyRowsError(ApiError, ValueError):
    """The batch has more rows or bytes than one call may have; nothing was loaded."""

    code = "batch_too_large"


class TooManyStreamsError(ApiError):
    """Every place for a stream of events is taken; poll, or try again soon."""

    code = "too_many_streams"
    retry_seconds = 5


class InternalError(ApiError):
    """Something failed here, and it was written to the log."""

    code = "internal_error"
