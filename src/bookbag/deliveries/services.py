"""What people can do with targets and deliveries."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookbag.deliveries.errors import (
    DeliveriesError,
    DeliveryEndedError,
    HostKeyMissingError,
    NothingToDeliverError,
    TargetRefusedError,
)
from bookbag.deliveries.hosts import fingerprint_of
from bookbag.deliveries.models import (
    ACTIVE_STATES,
    Delivery,
    DeliveryState,
    DeliveryTarget,
)
from bookbag.deliveries.secrets import seal
from bookbag.deliveries.selectors import may_deliver
from bookbag.deliveries.senders import open_sender
from bookbag.deliveries.sending import try_target
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User
from bookbag.exports.history import describe_deed
from bookbag.exports.models import Export
from bookbag.jobs.leases import step_job
from bookbag.jobs.wakeup import wake_worker

DELIVERY_JOB = "delivery"
FAILURE_CHARACTERS = 500


@transaction.atomic
def save_target(target: DeliveryTarget, secret: str) -> None:
    """Save a target; its secret is sealed, and an empty one leaves what there was."""
    if secret:
        target.sealed_secret = seal(secret)
    target.tested_at, target.test_failure = None, ""
    target.save()
    _record_target(Act.TARGET_SAVED, target, f"{target.kind} {target.address}")


@transaction.atomic
def confirm_host_key(target: DeliveryTarget, host_key: str) -> None:
    """Trust a host key from now on, and no other.

    Raises:
        ValueError: If the text is no key.
    """
    fingerprint = fingerprint_of(host_key)
    target.host_key = " ".join(host_key.split()[:2])
    target.save(update_fields=["host_key"])
    _record_target(Act.HOST_KEY_CONFIRMED, target, fingerprint)


@transaction.atomic
def delete_target(target: DeliveryTarget) -> None:
    """Delete a target; what is on its way to it ends, what it has stays there."""
    _record_target(Act.TARGET_DELETED, target, f"{target.kind} {target.address}")
    target.delete()


def check_target(target: DeliveryTarget) -> HostKeyMissingError | None:
    """Try a target out, and write down what came of it.

    Returns:
        The host key that an admin has to confirm, when that is all that is missing.
    """
    missing, failure = None, ""
    try:
        sender = open_sender(target)
        try:
            try_target(sender, format_folder(target))
        finally:
            sender.close()
    except HostKeyMissingError as error:
        missing, failure = error, str(error)
    except DeliveriesError as error:
        failure = str(error)
    target.tested_at = timezone.now()
    target.test_failure = failure[:FAILURE_CHARACTERS]
    target.save(update_fields=["tested_at", "test_failure"])
    return missing


def format_folder(target: DeliveryTarget) -> str:
    """Return what stands before each name at a target: nothing, or ``a/b/``."""
    folder = target.folder.rstrip("/")
    return f"{folder}/" if target.folder else ""


def request_delivery(
    *, person: User, export: Export, target: DeliveryTarget
) -> Delivery:
    """Send an export to a target, at once or as soon as it is ready.

    Asking again while it is on its way returns the one that is on its way.

    Raises:
        TargetRefusedError: If the person may not.
        NothingToDeliverError: If the export has no file and will have none.
    """
    if not may_deliver(person, export, target):
        deed = describe_deed(
            export, Act.DELIVERY_REQUESTED, detail=target.name, is_refused=True
        )
        record(export.workspace_id, deed, person=person)
        raise TargetRefusedError
    if not export.is_active and not export.is_downloadable:
        raise NothingToDeliverError
    try:
        with transaction.atomic():
            delivery = Delivery.objects.create(
                export=export,
                target=target,
                target_name=target.name,
                requested_by=person,
            )
            _record_deed(Act.DELIVERY_REQUESTED, delivery, person)
    except IntegrityError:
        return Delivery.objects.get(
            export=export, target=target, state__in=ACTIVE_STATES
        )
    # It may have become ready since it was read: whoever comes last sees the other.
    export.refresh_from_db(fields=["state", "expires_at"])
    if export.is_downloadable:
        start_delivery(delivery)
    elif not export.is_active:
        end_delivery(delivery, f"The export is {export.state}")
    return delivery


def cancel_delivery(*, person: User, delivery: Delivery) -> None:
    """Cancel a delivery that waits or runs; a running one stops within a second.

    Raises:
        DeliveryEndedError: If it has ended.
    """
    if delivery.state != DeliveryState.RUNNING and delivery.is_active:
        changes = {"finished_at": timezone.now()}
        if step_job(delivery, DeliveryState.CANCELLED, changes):
            _record_deed(Act.DELIVERY_CANCELLED, delivery, person)
            return
    marked = Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.RUNNING
    ).update(cancel_requested_at=timezone.now())
    delivery.refresh_from_db()
    if not marked:
        raise DeliveryEndedError
    _record_deed(Act.DELIVERY_CANCELLED, delivery, person)


def start_delivery(delivery: Delivery) -> None:
    """Put a delivery whose export is ready on the queue."""
    if step_job(delivery, DeliveryState.QUEUED, {"woken_at": timezone.now()}):
        transaction.on_commit(lambda: wake_worker(DELIVERY_JOB, delivery.pk))


def end_delivery(delivery: Delivery, sentence: str) -> None:
    """End a delivery whose export will have no file."""
    changes = {
        "failure_code": NothingToDeliverError.code,
        "failure_sentence": sentence[:FAILURE_CHARACTERS],
        "finished_at": timezone.now(),
    }
    step_job(delivery, DeliveryState.CANCELLED, changes)


def _record_deed(act: Act, delivery: Delivery, person: User) -> None:
    deed = describe_deed(delivery.export, act, detail=delivery.target_name)
    record(delivery.export.workspace_id, deed, person=person)


def _record_target(act: Act, target: DeliveryTarget, detail: str) -> None:
    deed = Deed(act=act, target=target.name, target_key=target.pk, detail=detail)
    record(target.workspace_id, deed)
