"""What can go wrong on the way to another machine.

OutboundError
├── HostNotFoundError
├── AddressRefusedError
├── TargetInvalidError
└── UnansweredError
"""


class OutboundError(Exception):
    """Another machine could not be reached."""

    code = "outbound_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class HostNotFoundError(OutboundError, OSError):
    """The name of the other machine has no address."""

    code = "host_not_found"


class AddressRefusedError(OutboundError, PermissionError):
    """The other machine is in a private network that may not be reached."""

    code = "address_refused"


class TargetInvalidError(OutboundError, ValueError):
    """The address to call is not one that can be called."""

    code = "target_invalid"


class UnansweredError(OutboundError, ConnectionError):
    """The other machine gave no answer."""

    code = "target_unanswered"
