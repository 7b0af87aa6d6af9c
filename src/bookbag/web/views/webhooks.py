"""*Webhooks*: a workspace's webhooks, and what each of them was told."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.exports.errors import OptionsError
from bookbag.exports.webhooks.delivering import RETRY_SECONDS
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import Webhook, WebhookDelivery
from bookbag.exports.webhooks.selectors import list_deliveries, list_webhooks
from bookbag.exports.webhooks.services import (
    change_webhook,
    create_webhook,
    delete_webhook,
    redeliver,
    rotate_secret,
)
from bookbag.outbound.errors import OutboundError
from bookbag.web.lists import read_page
from bookbag.web.requests import find_administered_workspace, get_person


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """List a workspace's webhooks, and add one; its secret is shown once."""
    workspace = find_administered_workspace(request, slug)
    fault = ""
    if request.method == "POST":
        try:
            webhook, secret = create_webhook(
                workspace=workspace,
                person=get_person(request),
                url=request.POST.get("url", "").strip(),
                kinds=request.POST.getlist("kinds"),
            )
        except (OutboundError, OptionsError) as error:
            fault = str(error)
        else:
            request.session[f"webhook-secret-{webhook.pk}"] = secret
            return redirect("webhook", slug=slug, webhook_id=webhook.pk)
    context = {
        "workspace": workspace,
        "webhooks": list_webhooks(workspace),
        "kinds": EventKind.choices,
        "chosen": request.POST.getlist("kinds") if fault else EventKind.values,
        "url": request.POST.get("url", ""),
        "fault": fault,
    }
    return render(request, "web/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhook(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Show a webhook with its log, and change it."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Webhook, workspace=workspace, pk=webhook_id)
    fault = ""
    if request.method == "POST":
        try:
            change_webhook(
                found,
                url=request.POST.get("url", "").strip(),
                kinds=request.POST.getlist("kinds"),
                is_enabled="is_enabled" in request.POST,
            )
        except (OutboundError, OptionsError) as error:
            fault = str(error)
        else:
            messages.success(request, _("The webhook was changed."))
            return redirect("webhook", slug=slug, webhook_id=found.pk)
    context = {
        "workspace": workspace,
        "webhook": found,
        "kinds": EventKind.choices,
        "chosen": request.POST.getlist("kinds") if fault else found.kinds,
        "url": request.POST.get("url", "") if fault else found.url,
        "fault": fault,
        "page": read_page(request, list_deliveries(found)),
        "tries": len(RETRY_SECONDS),
        # Shown once: it is kept sealed, and nobody can read it afterwards.
        "secret": request.session.pop(f"webhook-secret-{found.pk}", None),
    }
    return render(request, "web/webhook.html", context)


@require_POST
@login_required
def rotate(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Give a webhook a new secret, which the next page shows once."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(Webhook, workspace=workspace, pk=webhook_id)
    request.session[f"webhook-secret-{found.pk}"] = rotate_secret(found)
    return redirect("webhook", slug=slug, webhook_id=found.pk)


@require_POST
@login_required
def delete(request: HttpRequest, slug: str, webhook_id: uuid.UUID) -> HttpResponse:
    """Delete a webhook with its log."""
    workspace = find_administered_workspace(request, slug)
    delete_webhook(get_object_or_404(Webhook, workspace=workspace, pk=webhook_id))
    messages.success(request, _("The webhook was deleted."))
    return redirect("webhooks", slug=slug)


@require_POST
@login_required
def deliver_again(
    request: HttpRequest, slug: str, webhook_id: uuid.UUID, webhook_delivery_id: int
) -> HttpResponse:
    """Deliver an event of the log again."""
    workspace = find_administered_workspace(request, slug)
    delivery = get_object_or_404(
        WebhookDelivery.objects.select_related("webhook", "event"),
        webhook=webhook_id,
        webhook__workspace=workspace,
        pk=webhook_delivery_id,
    )
    if redeliver(delivery):
        messages.success(request, _("It will be delivered again within seconds."))
    else:
        messages.info(request, _("It is on its way already."))
    return redirect("webhook", slug=slug, webhook_id=webhook_id)
