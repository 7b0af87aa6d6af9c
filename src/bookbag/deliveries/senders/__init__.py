"""Speaking to targets: S3-compatible stores and SFTP servers."""

from collections.abc import Callable
from typing import cast

from django.utils.module_loading import import_string

from bookbag.deliveries.errors import TargetSecretLostError
from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.secrets import unseal
from bookbag.deliveries.senders.port import OutgoingFile, Sender
from bookbag.domain.sealing import SealError

__all__ = ["OutgoingFile", "Sender", "open_sender"]

_SENDERS = {TargetKind.S3: "s3.S3Sender", TargetKind.SFTP: "sftp.SftpSender"}
"""By name: their libraries take as long to import as all of Bookbag does, and only a
worker that delivers needs them."""


def open_sender(target: DeliveryTarget) -> Sender:
    """Connect to a target.

    Raises:
        DeliveriesError: If it is away, says no, or may not be reached.
        TargetSecretLostError: If the server's secret key is not the one it was.
    """
    try:
        secret = unseal(target.sealed_secret)
    except SealError as error:
        raise TargetSecretLostError(str(error)) from error
    connect = cast(
        "Callable[[DeliveryTarget, str], Sender]",
        import_string(f"{__name__}.{_SENDERS[TargetKind(target.kind)]}"),
    )
    return connect(target, secret)
