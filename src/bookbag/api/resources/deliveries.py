"""Deliveries: sending an export to a target, and what the target stored."""

import uuid
from datetime import datetime

from django.http import HttpRequest
from ninja import Schema, Status

from bookbag.api.authentication import get_person
from bookbag.api.errors import NotFoundError
from bookbag.api.fields import Id, PersonRef
from bookbag.api.resource import Resource
from bookbag.deliveries import selectors, services
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Enrolment, EnrolmentRole
from bookbag.domain.finding import find_workspace
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import Export
from bookbag.exports.selectors import get_export

resource = Resource("Deliveries")
READ, WRITE = TokenScope.EXPORTS_READ, TokenScope.EXPORTS_WRITE


class TargetOut(Schema):
    """A target that the caller may send exports to."""

    id: int
    name: str
    kind: str
    is_encrypted: bool


class StoredCopy(Schema):
    """What was read back from the target; it is the same as what was sent."""

    name: str
    size_bytes: int
    sha256: str
    recipient: str | None


class DeliveryFailure(Schema):
    """Why a delivery failed, or why it is tried again."""

    code: str | None
    detail: str


class DeliveryOut(Schema):
    """One export on its way to one target."""

    id: uuid.UUID
    target_id: int | None
    target: str
    state: DeliveryState
    phase: str
    bytes_done: int
    bytes_total: int
    attempt: int
    requested_by: PersonRef
    requested_at: datetime
    finished_at: datetime | None
    failure: DeliveryFailure | None
    stored: StoredCopy | None


class TargetList(Schema):
    """Targets, by name."""

    items: list[TargetOut]


class DeliveryList(Schema):
    """Deliveries, the newest first."""

    items: list[DeliveryOut]


class DeliveryRequest(Schema):
    """Where to send an export."""

    target_id: Id


@resource.endpoint(
    "GET",
    "/workspaces/{slug:workspace}/delivery-targets",
    scope=READ,
    answers={200: TargetList},
    refuses=(404, 422),
)
def list_delivery_targets(request: HttpRequest, workspace: str) -> TargetList:
    """List the targets that the caller may send exports of a workspace to."""
    person = get_person(request)
    found = find_workspace(person, workspace)
    is_teacher = Enrolment.objects.filter(
        course__workspace=found,
        user=person.pk,
        role=EnrolmentRole.TEACHER,
        removed_at__isnull=True,
    ).exists()
    targets = selectors.list_usable_targets(person, found, is_teacher=is_teacher)
    return TargetList(items=[_present_target(target) for target in targets])


@resource.endpoint(
    "GET",
    "/exports/{uuid:export_id}/deliveries",
    scope=READ,
    answers={200: DeliveryList},
    refuses=(404, 422),
)
def list_deliveries(request: HttpRequest, export_id: uuid.UUID) -> DeliveryList:
    """List what was sent of an export, or is on its way."""
    found = selectors.list_deliveries(_find_export(request, export_id))
    return DeliveryList(items=[_present(delivery) for delivery in found])


@resource.endpoint(
    "POST",
    "/exports/{uuid:export_id}/deliveries",
    scope=WRITE,
    answers={202: DeliveryOut},
    refuses=(400, 404, 409, 422),
)
def create_delivery(
    request: HttpRequest, export_id: uuid.UUID, body: DeliveryRequest
) -> Status[DeliveryOut]:
    """Send an export to a target, at once or as soon as it is ready.

    Who asks again while it is on its way gets the one that is on its way.
    """
    export = _find_export(request, export_id)
    delivery = deliver(request, export, body.target_id)
    return Status(202, _present(delivery))


@resource.endpoint(
    "POST",
    "/exports/{uuid:export_id}/deliveries/{uuid:delivery_id}/cancel",
    scope=WRITE,
    answers={202: DeliveryOut},
    refuses=(404, 409, 422),
)
def cancel_delivery(
    request: HttpRequest, export_id: uuid.UUID, delivery_id: uuid.UUID
) -> Status[DeliveryOut]:
    """Stop a delivery that waits or runs."""
    person = get_person(request)
    export = _find_export(request, export_id)
    delivery = Delivery.objects.filter(export=export, pk=delivery_id).first()
    if delivery is None or not selectors.may_cancel(person, delivery):
        raise NotFoundError
    services.cancel_delivery(person=person, delivery=delivery)
    return Status(202, _present(delivery))


def deliver(request: HttpRequest, export: Export, target_id: int) -> Delivery:
    """Send an export to a target.

    Raises:
        NotFoundError: If there is no such target, or it is not for this person.
        NothingToDeliverError: If the export has no file and will have none.
    """
    person = get_person(request)
    target = DeliveryTarget.objects.filter(pk=target_id).first()
    if target is None or not selectors.may_deliver(person, export, target):
        raise _miss_target(target_id)
    return services.request_delivery(person=person, export=export, target=target)


def check_target(request: HttpRequest, scope: ExportScope, target_id: int) -> None:
    """Check that an export that is not there yet could be sent to a target.

    Raises:
        NotFoundError: If there is no such target, or it is not for this person.
    """
    usable = selectors.list_usable_targets(
        get_person(request), scope.workspace, is_teacher=scope.course is not None
    )
    if all(target.pk != target_id for target in usable):
        raise _miss_target(target_id)


def _miss_target(target_id: int) -> NotFoundError:
    return NotFoundError(
        f"Found no target {target_id}, expected one that is yours to send to"
    )


def _find_export(request: HttpRequest, export_id: uuid.UUID) -> Export:
    try:
        return get_export(get_person(request), export_id)
    except Export.DoesNotExist as error:
        raise NotFoundError from error


def _present_target(target: DeliveryTarget) -> TargetOut:
    return TargetOut(
        id=target.pk,
        name=target.name,
        kind=target.kind,
        is_encrypted=bool(target.recipient),
    )


def _present(delivery: Delivery) -> DeliveryOut:
    person = delivery.requested_by
    return DeliveryOut(
        id=delivery.pk,
        target_id=delivery.target_id,
        target=delivery.target_name,
        state=DeliveryState(delivery.state),
        phase=delivery.phase,
        bytes_done=delivery.bytes_done,
        bytes_total=delivery.bytes_total,
        attempt=delivery.attempt,
        requested_by=PersonRef(id=person.pk, name=person.full_name),
        requested_at=delivery.requested_at,
        finished_at=delivery.finished_at,
        failure=_present_failure(delivery),
        stored=_present_copy(delivery),
    )


def _present_failure(delivery: Delivery) -> DeliveryFailure | None:
    if not delivery.failure_sentence:
        return None
    return DeliveryFailure(
        code=delivery.failure_code or None, detail=delivery.failure_sentence
    )


def _present_copy(delivery: Delivery) -> StoredCopy | None:
    if delivery.stored_bytes is None:
        return None
    return StoredCopy(
        name=delivery.remote_name,
        size_bytes=delivery.stored_bytes,
        sha256=delivery.stored_sha256,
        recipient=delivery.recipient or None,
    )
