"""Following exports: what waits for one goes on its way when the file is there."""

from django.dispatch import receiver

from bookbag.deliveries.models import Delivery, DeliveryState
from bookbag.deliveries.services import end_delivery, start_delivery
from bookbag.exports.lifecycle import export_stepped
from bookbag.exports.models import Export
from bookbag.exports.states import ACTIVE_STATES, ExportState


@receiver(export_stepped, dispatch_uid="deliveries-follow-exports")
def follow_export(export: Export, **_: object) -> None:
    """Start or end the deliveries that wait for an export."""
    if export.state in ACTIVE_STATES:
        return
    waiting = Delivery.objects.filter(export=export, state=DeliveryState.WAITING)
    for delivery in waiting:
        if export.state == ExportState.READY:
            start_delivery(delivery)
        else:
            end_delivery(delivery, f"The export is {export.state}")
