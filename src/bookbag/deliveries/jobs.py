"""Working on a delivery: from the claim to the receipt of what the target stored."""

from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bookbag.deliveries.encryption import SUFFIX
from bookbag.deliveries.errors import (
    DeliveryRightEndedError,
    ExportGoneError,
    TargetGoneError,
)
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.selectors import may_deliver
from bookbag.deliveries.senders import open_sender
from bookbag.deliveries.sending import Content, Watch, send_file
from bookbag.deliveries.services import DELIVERY_JOB, format_folder
from bookbag.exports.models import Export
from bookbag.exports.services import record_delivery
from bookbag.exports.storage import get_storage
from bookbag.jobs.errors import LeaseLostError
from bookbag.jobs.leases import Claim, LeaseKeeper, step_job
from bookbag.jobs.working import JobKind


class DeliveryJobs(JobKind[Delivery]):
    """Sending finished exports to targets."""

    name = DELIVERY_JOB

    def jobs(self) -> QuerySet[Delivery]:
        """Return all deliveries with what is sent where, and for whom."""
        return Delivery.objects.select_related(
            "export__workspace",
            "export__course__workspace",
            "export__assignment",
            "export__subject",
            "target",
            "requested_by",
        )

    def work(self, claim: Claim[Delivery], keeper: LeaseKeeper[Delivery]) -> None:
        """Send the export's file and write down what the target stored.

        Raises:
            PermanentDeliveryError: If it may not be sent, or the target says no.
            RetryableDeliveryError: If the target is away, or stored something else.
            LeaseLostError: If another worker has the delivery now.
        """
        delivery = claim.job
        target = _check_target(delivery)
        export = delivery.export
        name = format_remote_name(export, target)
        try:
            file = get_storage().open_file(export.storage_key)
        except FileNotFoundError as error:
            raise ExportGoneError from error
        with file:
            sender = open_sender(target)
            try:
                sent, stored = send_file(
                    file,
                    sender,
                    name,
                    size_bytes=export.size_bytes or 0,
                    recipient=target.recipient,
                    watch=Watch(
                        report=keeper.report,
                        check=lambda: _check_still_allowed(delivery),
                    ),
                )
            finally:
                sender.close()
        if not _complete(delivery, target, sent, stored):
            raise LeaseLostError

    def cancel(self, claim: Claim[Delivery]) -> None:
        """Step a delivery that somebody cancelled to its end."""
        step_job(claim.job, DeliveryState.CANCELLED, {"finished_at": timezone.now()})

    def fail(self, claim: Claim[Delivery], code: str, sentence: str) -> None:
        """Step a delivery that is given up to its end."""
        changes = {
            "failure_code": code,
            "failure_sentence": sentence[:500],
            "finished_at": timezone.now(),
        }
        step_job(claim.job, DeliveryState.FAILED, changes)

    def discard(self, claim: Claim[Delivery]) -> None:
        """Leave nothing here; what a target has of an attempt, the sending removes."""


def format_remote_name(export: Export, target: DeliveryTarget) -> str:
    """Return the name of an export's file at a target.

    It holds the beginning of the export's id: two exports of a day are two files, and
    an export that is sent again replaces itself.
    """
    path = PurePosixPath(export.file_name)
    suffix = path.suffix + (SUFFIX if target.recipient else "")
    return f"{format_folder(target)}{path.stem}_{_short(export.pk)}{suffix}"


def _short(export_id: UUID) -> str:
    return str(export_id).partition("-")[0]


def _check_target(delivery: Delivery) -> DeliveryTarget:
    if delivery.target is None:
        raise TargetGoneError
    if not may_deliver(delivery.requested_by, delivery.export, delivery.target):
        raise DeliveryRightEndedError
    if not delivery.export.is_downloadable:
        raise ExportGoneError
    return delivery.target


def _check_still_allowed(delivery: Delivery) -> None:
    """Look up again what may have changed while a large file was on its way."""
    row = DeliveryJobs().jobs().filter(pk=delivery.pk).first()
    if row is None:
        raise LeaseLostError
    _check_target(row)


def _complete(
    delivery: Delivery, target: DeliveryTarget, sent: Content, stored: Content
) -> bool:
    size = delivery.export.size_bytes or 0
    changes: dict[str, object] = {
        "target_name": target.name,
        "remote_name": format_remote_name(delivery.export, target),
        "recipient": target.recipient,
        "sent_bytes": sent.size_bytes,
        "sent_sha256": sent.sha256,
        "stored_bytes": stored.size_bytes,
        "stored_sha256": stored.sha256,
        "members_done": 1,
        "members_total": 1,
        "bytes_done": 2 * size,
        "bytes_total": 2 * size,
        "failure_code": "",
        "failure_sentence": "",
        "finished_at": timezone.now(),
    }
    with transaction.atomic():
        if not step_job(delivery, DeliveryState.DELIVERED, changes):
            return False
        record_delivery(
            person=delivery.requested_by, export=delivery.export, target=target.name
        )
    return True
