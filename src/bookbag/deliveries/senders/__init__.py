"""Speaking to targets: S3-compatible stores and SFTP servers."""

from bookbag.deliveries.errors import TargetSecretLostError
from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.secrets import unseal
from bookbag.deliveries.senders.port import OutgoingFile, Sender
from bookbag.deliveries.senders.s3 import S3Sender
from bookbag.deliveries.senders.sftp import SftpSender
from bookbag.domain.sealing import SealError

__all__ = ["OutgoingFile", "Sender", "open_sender"]


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
    if target.kind == TargetKind.S3:
        return S3Sender(target, secret)
    return SftpSender(target, secret)
