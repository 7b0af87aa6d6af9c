"""*Sessions*, *Scenarios* and *Programs*: what the export of sessions is about."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookbag.domain.people.models import Workspace
from bookbag.domain.policies import can_administer_workspace, can_view_session
from bookbag.domain.roleplay.models import Program, RoleplaySession, Scenario
from bookbag.domain.roleplay.selectors import (
    list_programs,
    list_scenarios,
    list_sessions,
    number_attempt,
    rank_session,
)
from bookbag.web.lists import read_page
from bookbag.web.requests import (
    find_administered_workspace,
    find_workspace,
    get_person,
)

FILTERS = ("search", "scenario", "program")


@require_safe
@login_required
def sessions(request: HttpRequest, slug: str) -> HttpResponse:
    """List sessions: all of them for an admin, their own for anybody else."""
    workspace = find_workspace(request, slug)
    person = get_person(request)
    chosen = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = list_sessions(workspace, **chosen)
    may_see_all = can_administer_workspace(person, workspace)
    if not may_see_all:
        found = found.filter(participant=person)
    context = {
        "workspace": workspace,
        "page": read_page(request, found),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "may_see_all": may_see_all,
        "scenarios": Scenario.objects.filter(workspace=workspace),
        "programs": Program.objects.filter(workspace=workspace),
    }
    return render(request, "web/sessions.html", context)


@require_safe
@login_required
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show one session to its participant and to the workspace's admins."""
    found = (
        RoleplaySession.objects.select_related(
            "workspace", "participant", "scenario", "program", "assignment__assigner"
        )
        .filter(pk=session_id)
        .first()
    )
    if found is None or not can_view_session(get_person(request), found):
        raise Http404
    is_counted = not found.is_demo and not found.is_archived
    seconds = None
    if found.ended_at is not None:
        seconds = int(found.ended_at.timestamp()) - int(found.started_at.timestamp())
    context = {
        "workspace": found.workspace,
        "session": found,
        "rank": rank_session(found),
        "attempt_number": number_attempt(found) if is_counted else None,
        "duration_seconds": seconds,
    }
    return render(request, "web/session.html", context)


@require_safe
@login_required
def scenarios(request: HttpRequest, slug: str) -> HttpResponse:
    """List the scenarios of a workspace."""
    return _render_searched(request, slug, list_scenarios, "web/scenarios.html")


@require_safe
@login_required
def programs(request: HttpRequest, slug: str) -> HttpResponse:
    """List the programs of a workspace."""
    return _render_searched(request, slug, list_programs, "web/programs.html")


def _render_searched(
    request: HttpRequest,
    slug: str,
    list_rows: Callable[[Workspace, str], QuerySet[Any]],
    template: str,
) -> HttpResponse:
    workspace = find_administered_workspace(request, slug)
    search = request.GET.get("search", "").strip()
    context = {
        "workspace": workspace,
        "page": read_page(request, list_rows(workspace, search)),
        "search": search,
        "chosen": {"search": search},
    }
    return render(request, template, context)
