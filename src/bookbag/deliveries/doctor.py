"""Finding what does not fit together of deliveries, and mending it."""

import logging
from collections.abc import Iterator
from functools import partial

from django.db.models import QuerySet

from bookbag.deliveries.errors import DeliveriesError
from bookbag.deliveries.jobs import DeliveryJobs, format_remote_name
from bookbag.deliveries.models import (
    ACTIVE_STATES,
    Delivery,
    DeliveryState,
    DeliveryTarget,
)
from bookbag.deliveries.senders import open_sender
from bookbag.deliveries.signals import follow_export
from bookbag.exports.states import ACTIVE_STATES as EXPORT_IS_ACTIVE
from bookbag.jobs.inconsistencies import Inconsistency, find_forgotten

logger = logging.getLogger(__name__)

BROKEN_OFF = (DeliveryState.FAILED, DeliveryState.CANCELLED)


def find_delivery_inconsistencies(
    *, asks_targets: bool = True
) -> Iterator[Inconsistency]:
    """Yield everything that does not fit together of deliveries.

    Args:
        asks_targets: Also ask the targets of deliveries that failed or were cancelled
            whether something unfinished was left there.
    """
    yield from _find_left_waiting()
    yield from find_forgotten(DeliveryJobs(), "a delivery")
    if asks_targets:
        yield from _find_unfinished()


def _find_left_waiting() -> Iterator[Inconsistency]:
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
    ended = waiting.exclude(export__state__in=EXPORT_IS_ACTIVE)
    for delivery in ended.select_related("export").order_by("pk"):
        yield Inconsistency(
            code="delivery_left_waiting",
            message=f"Found a delivery that waits for an export that is "
            f"{delivery.export.state}, expected it on its way: {delivery.pk}",
            remedy="It is started, or ended where there is no file.",
            mend=partial(follow_export, delivery.export),
        )


def _find_unfinished() -> Iterator[Inconsistency]:
    broken = Delivery.objects.filter(state__in=BROKEN_OFF, started_at__isnull=False)
    for target in DeliveryTarget.objects.filter(deliveries__in=broken).distinct():
        names = _list_names(target, broken.filter(target=target))
        try:
            yield from list(_ask_target(target, names))
        except DeliveriesError as error:
            # What cannot be asked today is no inconsistency of ours.
            logger.warning("Target %s was not asked: %s", target.pk, error)


def _list_names(target: DeliveryTarget, deliveries: QuerySet[Delivery]) -> list[str]:
    found = deliveries.select_related("export")
    on_their_way = set(
        Delivery.objects.filter(target=target, state__in=ACTIVE_STATES).values_list(
            "export", flat=True
        )
    )
    exports = {d.export_id: d.export for d in found if d.export_id not in on_their_way}
    return sorted(format_remote_name(export, target) for export in exports.values())


def _ask_target(target: DeliveryTarget, names: list[str]) -> Iterator[Inconsistency]:
    sender = open_sender(target)
    try:
        for name in names:
            if sender.drop_unfinished(name, is_tried=True):
                yield Inconsistency(
                    code="unfinished_delivery",
                    message="Found what a delivery that ended had sent in part, "
                    f"expected none: {name!r} at {target.name!r}",
                    remedy="It is removed from the target.",
                    mend=partial(_drop, target, name),
                )
    finally:
        sender.close()


def _drop(target: DeliveryTarget, name: str) -> None:
    sender = open_sender(target)
    try:
        sender.drop_unfinished(name)
    finally:
        sender.close()
