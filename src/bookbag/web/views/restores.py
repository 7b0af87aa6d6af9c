"""*Courses > Restore*: an archive, what restoring it would do, and what it did."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from bookbag.imports.errors import ImportsError
from bookbag.imports.projects.allowances import find_allowance
from bookbag.imports.projects.states import ImportState
from bookbag.imports.restoring.ledger import Ledger, Line, Outcome
from bookbag.imports.restoring.models import Restore
from bookbag.imports.restoring.services import (
    adopt_upload,
    approve_restore,
    cancel_restore,
)
from bookbag.web.requests import find_administered_workspace, find_import, get_person
from bookbag.web.views.uploads import RESTORE

SHOWN_RESTORES = 20
OUTCOMES = (Outcome.REFUSED, Outcome.DIFFERS, Outcome.CREATE, Outcome.SAME)
"""What needs to be looked at first."""


@require_safe
@login_required
def restores(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where an archive is chosen, and what was restored before."""
    workspace = find_administered_workspace(request, slug)
    context = {
        "workspace": workspace,
        "places": [(workspace, find_allowance(get_person(request), workspace))],
        "purpose": RESTORE,
        "restores": Restore.objects.filter(workspace=workspace)[:SHOWN_RESTORES],
    }
    return render(request, "web/restores.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest, slug: str, import_id: uuid.UUID) -> HttpResponse:
    """Show how far an upload is; then compare it with what is here."""
    workspace = find_administered_workspace(request, slug)
    job = find_import(request, import_id)
    if request.method == "POST":
        try:
            made = adopt_upload(job, request.POST.get("course_name", ""))
        except ImportsError as error:
            messages.error(request, str(error))
        else:
            return redirect("restore", slug=slug, restore_id=made.pk)
    context = {
        "workspace": workspace,
        "job": job,
        "is_working": job.state in {*job.WORKED_ON_IN, *job.WORKED_ON_IN.values()},
        "is_ready": job.state == ImportState.CHECKED,
    }
    return render(request, "web/restore_upload.html", context)


@require_safe
@login_required
def show(request: HttpRequest, slug: str, restore_id: uuid.UUID) -> HttpResponse:
    """Show how far a restore is, what it would do, or what it did."""
    restore = _find(request, slug, restore_id)
    context: dict[str, object] = {
        "workspace": restore.workspace,
        "restore": restore,
        "outcomes": OUTCOMES,
    }
    if restore.facts is not None:
        account = restore.describe()
        context |= {
            "facts": account.facts,
            "snapshot_at": parse_datetime(account.facts.snapshot_at),
            "ledger": account.ledger,
            "rows": _list_rows(account.ledger),
            "details": _list_details(account.ledger),
            "create_count": account.ledger.count(Outcome.CREATE),
        }
    is_part = bool(request.headers.get("HX-Request"))
    name = "components/restore_panel" if is_part else "restore"
    return render(request, f"web/{name}.html", context)


@require_POST
@login_required
def approve(request: HttpRequest, slug: str, restore_id: uuid.UUID) -> HttpResponse:
    """Let a restore that was looked at begin."""
    restore = _find(request, slug, restore_id)
    try:
        approve_restore(restore)
    except ImportsError as error:
        messages.error(request, str(error))
    return redirect("restore", slug=slug, restore_id=restore_id)


@require_POST
@login_required
def cancel(request: HttpRequest, slug: str, restore_id: uuid.UUID) -> HttpResponse:
    """Stop a restore."""
    cancel_restore(_find(request, slug, restore_id))
    messages.success(request, _("The restore was stopped; nothing of it is kept."))
    return redirect("restores", slug=slug)


def _find(request: HttpRequest, slug: str, restore_id: uuid.UUID) -> Restore:
    workspace = find_administered_workspace(request, slug)
    return get_object_or_404(Restore, workspace=workspace, pk=restore_id)


def _list_rows(ledger: Ledger) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (kind.value, [(o.value, ledger.count(o, kind)) for o in OUTCOMES])
        for kind in ledger.iter_kinds()
    ]


def _list_details(ledger: Ledger) -> list[tuple[str, str, int, list[Line]]]:
    """Return the lines to look at: what needs it first, whole kinds together."""
    return [
        (outcome.value, kind.value, ledger.count(outcome, kind), lines)
        for outcome in OUTCOMES
        for kind in ledger.iter_kinds()
        if (lines := ledger.lines.get((kind.value, outcome.value)))
    ]
