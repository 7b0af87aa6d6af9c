"""*Delivery targets*: where a workspace's exports may be sent, kept by its admins."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from bookbag.deliveries.hosts import fingerprint_of
from bookbag.deliveries.models import DeliveryTarget, TargetKind
from bookbag.deliveries.selectors import list_targets
from bookbag.deliveries.services import (
    check_target,
    confirm_host_key,
    delete_target,
    save_target,
)
from bookbag.domain.people.models import Workspace
from bookbag.web.delivery_forms import FORMS
from bookbag.web.requests import find_administered_workspace


@require_safe
@login_required
def targets(request: HttpRequest, slug: str) -> HttpResponse:
    """List the targets of a workspace."""
    workspace = find_administered_workspace(request, slug)
    context = {
        "workspace": workspace,
        "targets": list_targets(workspace),
        "kinds": TargetKind.choices,
    }
    return render(request, "web/delivery_targets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Add a target of a kind."""
    workspace = find_administered_workspace(request, slug)
    if kind not in FORMS:
        raise Http404
    target = DeliveryTarget(workspace=workspace, kind=kind)
    return _edit(request, workspace, target, _("The target was added; test it now."))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target(request: HttpRequest, slug: str, target_id: int) -> HttpResponse:
    """Show a target, and change it."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(DeliveryTarget, workspace=workspace, pk=target_id)
    return _edit(request, workspace, found, _("The target was changed; test it now."))


@require_POST
@login_required
def test(request: HttpRequest, slug: str, target_id: int) -> HttpResponse:
    """Write a small file to a target, read it back, and delete it."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(DeliveryTarget, workspace=workspace, pk=target_id)
    missing = check_target(found)
    if missing is not None:
        request.session[_shown_key(found)] = missing.found
    return redirect("delivery-target", slug=slug, target_id=target_id)


@require_POST
@login_required
def confirm(request: HttpRequest, slug: str, target_id: int) -> HttpResponse:
    """Trust the host key that the server showed, and test again."""
    workspace = find_administered_workspace(request, slug)
    found = get_object_or_404(DeliveryTarget, workspace=workspace, pk=target_id)
    try:
        confirm_host_key(found, request.POST.get("host_key", ""))
    except ValueError as error:
        messages.error(request, str(error))
    else:
        check_target(found)
    return redirect("delivery-target", slug=slug, target_id=target_id)


@require_POST
@login_required
def delete(request: HttpRequest, slug: str, target_id: int) -> HttpResponse:
    """Delete a target; what it has stays there."""
    workspace = find_administered_workspace(request, slug)
    delete_target(get_object_or_404(DeliveryTarget, workspace=workspace, pk=target_id))
    messages.success(request, _("The target was deleted; what it has stays there."))
    return redirect("delivery-targets", slug=slug)


def _edit(
    request: HttpRequest, workspace: Workspace, target: DeliveryTarget, done: str
) -> HttpResponse:
    form = FORMS[target.kind](request.POST or None, instance=target)
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        save_target(saved, form.cleaned_data["secret"])
        messages.success(request, done)
        return redirect("delivery-target", slug=workspace.slug, target_id=saved.pk)
    shown = request.session.pop(_shown_key(target), "") if target.pk else ""
    context = {
        "workspace": workspace,
        "target": target,
        "form": form,
        "shown_key": shown,
        "shown_fingerprint": fingerprint_of(shown) if shown else "",
        "fingerprint": _describe_host_key(target),
    }
    return render(request, "web/delivery_target.html", context)


def _describe_host_key(target: DeliveryTarget) -> str:
    # A form that was refused has put what was typed into the target.
    kept = DeliveryTarget.objects.filter(pk=target.pk).values_list(
        "host_key", flat=True
    )
    return fingerprint_of(kept[0]) if kept and kept[0] else ""


def _shown_key(target: DeliveryTarget) -> str:
    return f"host-key-{target.pk}"
