"""*Schedules*: a workspace's schedules, one of them, and making and changing one."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from bookbag.exports.catalogue import get_definition
from bookbag.exports.errors import ExportsError, RuleError
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.schedules.outcomes import FAILURES_TO_STOP
from bookbag.exports.schedules.selectors import get_schedule, list_schedules
from bookbag.exports.schedules.services import (
    Request,
    change_schedule,
    create_schedule,
    delete_schedule,
    pause_schedule,
    resume_schedule,
)
from bookbag.exports.selectors import list_options
from bookbag.web.requests import find_workspace, get_person
from bookbag.web.schedule_forms import ScheduleForm
from bookbag.web.scopes import list_offers, read_what

RUNS_AHEAD = 5
"""How many of the next runs are shown."""
RUNS_BACK = 50
"""How many of the last runs are shown."""


@require_safe
@login_required
def schedules(request: HttpRequest, slug: str) -> HttpResponse:
    """List a person's schedules of a workspace; for its admins, everybody's."""
    workspace = find_workspace(request, slug)
    found = list_schedules(get_person(request), workspace).prefetch_related("runs")
    context = {
        "workspace": workspace,
        "schedules": found,
        "offers": list_offers(get_person(request), workspace),
    }
    return render(request, "web/schedules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a schedule of what the address names."""
    workspace = find_workspace(request, slug)
    identifier, scope = read_what(request, slug, request.GET.get("what", ""))
    offered = list_options(get_person(request), identifier, scope)
    form = ScheduleForm(request.POST or None, options=offered)
    if _is_sent(request) and form.is_valid():
        wanted = Request(identifier=identifier, scope=scope, options=form.options())
        try:
            schedule = create_schedule(
                owner=get_person(request), request=wanted, timing=form.timing()
            )
        except ExportsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The schedule was made."))
            return redirect("schedule", schedule_id=schedule.pk)
    context = {
        "workspace": workspace,
        "title": get_definition(identifier).get_title(),
        "scope_name": scope.name,
    }
    return _render_form(request, form, context)


@require_safe
@login_required
def schedule(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Show a schedule: when it runs next, and what became of its last runs."""
    found = _find_schedule(request, schedule_id)
    runs = found.runs.select_related("export").order_by("-planned_at", "-pk")
    context = {
        "workspace": found.workspace,
        "schedule": found,
        "next_runs": _list_next(found),
        "runs": runs[:RUNS_BACK],
        "failures_to_stop": FAILURES_TO_STOP,
        "is_own": found.owner_id == get_person(request).pk,
    }
    return render(request, "web/schedule.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Change a schedule; only its owner may, because it runs in the owner's name."""
    found = _find_schedule(request, schedule_id)
    if found.owner_id != get_person(request).pk:
        raise PermissionDenied
    offered = list_options(found.owner, found.identifier, found.scope)
    form = ScheduleForm(request.POST or None, options=offered, schedule=found)
    if _is_sent(request) and form.is_valid():
        try:
            change_schedule(found, options=form.options(), timing=form.timing())
        except ExportsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The schedule was changed."))
            return redirect("schedule", schedule_id=found.pk)
    context = {
        "workspace": found.workspace,
        "schedule": found,
        "title": get_definition(found.identifier).get_title(),
        "scope_name": found.scope_name,
    }
    return _render_form(request, form, context)


@require_POST
@login_required
def pause(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Let a schedule rest."""
    pause_schedule(_find_schedule(request, schedule_id))
    messages.success(request, _("The schedule rests until you let it go on."))
    return redirect("schedule", schedule_id=schedule_id)


@require_POST
@login_required
def resume(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Let a schedule go on."""
    try:
        resume_schedule(_find_schedule(request, schedule_id))
    except RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The schedule goes on."))
    return redirect("schedule", schedule_id=schedule_id)


@require_POST
@login_required
def delete(request: HttpRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """Delete a schedule; the exports that it made stay until they expire."""
    found = _find_schedule(request, schedule_id)
    slug = found.workspace.slug
    delete_schedule(found)
    messages.success(request, _("The schedule was deleted; its exports stay."))
    return redirect("schedules", slug=slug)


def _find_schedule(request: HttpRequest, schedule_id: uuid.UUID) -> Schedule:
    try:
        return get_schedule(get_person(request), schedule_id)
    except Schedule.DoesNotExist as error:
        raise Http404 from error


def _is_sent(request: HttpRequest) -> bool:
    return request.method == "POST" and "preview" not in request.POST


def _render_form(
    request: HttpRequest, form: ScheduleForm, context: dict[str, object]
) -> HttpResponse:
    context["form"] = form
    if request.method == "POST" and form.is_valid():
        try:
            recurrence = form.timing().check()
        except RuleError as error:
            form.add_error(None, str(error))
        else:
            context["next_runs"] = recurrence.list_runs(timezone.now(), RUNS_AHEAD)
            context["zone"] = form.cleaned_data["time_zone"]
    is_part = request.headers.get("HX-Request") and "preview" in request.POST
    template = "next_runs.html" if is_part else "schedule_form.html"
    folder = "web/components" if is_part else "web"
    return render(request, f"{folder}/{template}", context)


def _list_next(found: Schedule) -> list[datetime]:
    if found.next_run_at is None:
        return []
    return found.recurrence.list_runs(timezone.now(), RUNS_AHEAD)
