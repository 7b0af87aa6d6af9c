"""What can go wrong with a delivery.

DeliveriesError
├── TargetRefusedError
├── NothingToDeliverError
├── DeliveryEndedError
├── RecipientError
├── PermanentDeliveryError
│   ├── ExportGoneError
│   ├── DeliveryRightEndedError
│   ├── TargetGoneError
│   ├── TargetSecretLostError
│   ├── TargetUnsafeError
│   ├── HostKeyMissingError
│   ├── HostKeyDiffersError
│   └── TargetSaysNoError
└── RetryableDeliveryError
    ├── TargetAwayError
    └── StoredCopyDiffersError
"""

from bookbag.jobs.errors import PermanentJobError, RetryableJobError


class DeliveriesError(Exception):
    """The delivery could not do what was asked."""

    code = "deliveries_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class TargetRefusedError(DeliveriesError, PermissionError):
    """The person may not send this export to this target."""

    code = "delivery_target_refused"


class NothingToDeliverError(DeliveriesError, ValueError):
    """The export has no file that could be sent, and will have none."""

    code = "delivery_has_no_file"


class DeliveryEndedError(DeliveriesError, ValueError):
    """The delivery has ended already."""

    code = "delivery_ended"


class RecipientError(DeliveriesError, ValueError):
    """The text is no recipient of age."""

    code = "age_recipient_invalid"


class PermanentDeliveryError(DeliveriesError, PermanentJobError):
    """The delivery failed, and trying again would fail the same way."""

    code = "delivery_failed"


class ExportGoneError(PermanentDeliveryError):
    """The export's file was removed before it was sent."""

    code = "delivery_export_gone"


class DeliveryRightEndedError(PermanentDeliveryError):
    """The right of whoever asked ended before the export was sent."""

    code = "delivery_right_ended"


class TargetGoneError(PermanentDeliveryError):
    """The target was deleted before the export was sent."""

    code = "delivery_target_gone"


class TargetSecretLostError(PermanentDeliveryError):
    """The target's secret cannot be read any more; type it anew."""

    code = "delivery_secret_lost"


class TargetUnsafeError(PermanentDeliveryError):
    """The target's address may not be reached from here."""

    code = "delivery_target_unsafe"


class HostKeyMissingError(PermanentDeliveryError):
    """Nobody has confirmed the host key of the SFTP server yet."""

    code = "sftp_host_key_missing"

    def __init__(self, found: str, fingerprint: str) -> None:
        self.found = found
        """The key that the server showed, as one line of a list of known hosts."""
        super().__init__(
            f"Found host key {fingerprint}, expected an admin to have confirmed it"
        )


class HostKeyDiffersError(PermanentDeliveryError):
    """The SFTP server shows another host key than the confirmed one."""

    code = "sftp_host_key_differs"


class TargetSaysNoError(PermanentDeliveryError):
    """The target refuses: its credentials, its bucket or its folder."""

    code = "delivery_refused_by_target"


class RetryableDeliveryError(DeliveriesError, RetryableJobError):
    """The delivery failed, and trying again may succeed."""

    code = "delivery_interrupted"


class TargetAwayError(RetryableDeliveryError):
    """The target does not answer, or broke off."""

    code = "delivery_target_away"


class StoredCopyDiffersError(RetryableDeliveryError):
    """What the target stored differs from what was sent."""

    code = "delivery_copy_differs"
