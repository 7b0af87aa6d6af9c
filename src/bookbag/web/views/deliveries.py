"""Sending a finished export to a target, from the export's page."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bookbag.deliveries.errors import DeliveriesError, TargetRefusedError
from bookbag.deliveries.models import Delivery, DeliveryState, DeliveryTarget
from bookbag.deliveries.selectors import may_cancel
from bookbag.deliveries.services import cancel_delivery, request_delivery
from bookbag.exports.models import Export
from bookbag.web.requests import find_export, get_person


@require_POST
@login_required
def deliver(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Send an export to the chosen target."""
    export = find_export(request, export_id)
    deliver_chosen(request, export)
    return redirect("export", export_id=export.pk)


@require_POST
@login_required
def cancel(
    request: HttpRequest, export_id: uuid.UUID, delivery_id: uuid.UUID
) -> HttpResponse:
    """Stop a delivery that waits or runs."""
    export = find_export(request, export_id)
    delivery = Delivery.objects.filter(export=export, pk=delivery_id).first()
    if delivery is None or not may_cancel(get_person(request), delivery):
        raise Http404
    try:
        cancel_delivery(person=get_person(request), delivery=delivery)
    except DeliveriesError as error:
        messages.info(request, str(error))
    return redirect("export", export_id=export.pk)


def deliver_chosen(request: HttpRequest, export: Export) -> None:
    """Send an export to the target that a form names, if it names one."""
    chosen = request.POST.get("deliver_to", "")
    if not chosen:
        return
    target = (
        DeliveryTarget.objects.filter(pk=int(chosen)).first()
        if chosen.isascii() and chosen.isdigit()
        else None
    )
    try:
        if target is None:
            raise TargetRefusedError
        delivery = request_delivery(
            person=get_person(request), export=export, target=target
        )
    except DeliveriesError as error:
        messages.error(request, str(error))
        return
    text = _("It is on its way to %(name)s.")
    if delivery.state == DeliveryState.WAITING:
        text = _("When it is ready it is sent to %(name)s.")
    messages.success(request, text % {"name": target.name})
