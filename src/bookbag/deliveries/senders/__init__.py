"""Speaking to targets: S3-compatible stores and SFTP servers."""

from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.secrets import unseal
from bookbag.deliveries.senders.port import OutgoingFile, Sender
from bookbag.deliveries.senders.s3 import S3Sender
from bookbag.deliveries.senders.sftp import SftpSender

__all__ = ["OutgoingFile", "Sender", "open_sender"]


def open_sender(target: DeliveryTarget) -> Sender:
    """Connect to a target.

    Raises:
        DeliveriesError: If it is away, says no, or may not be reached.
        SealError: If the server's secret key is not the one it was.
    """
    secret = unseal(target.sealed_secret)
    if target.kind == TargetKind.S3:
        return S3Sender(target, secret)
    return SftpSender(target, secret)
