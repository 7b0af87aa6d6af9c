"""*Export Data*, and the banner that every page shows while a report is generated."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bookbag.domain.people.models import Group, GroupMember, Member
from bookbag.domain.roleplay.selectors import exported_sessions
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import DefinitionNotFoundError, ExportsError
from bookbag.exports.reports import dismiss_report, list_workspace_reports
from bookbag.exports.services import request_export
from bookbag.web.requests import (
    find_administered_workspace,
    find_export,
    find_taught_course,
    get_person,
)

LISTED_REPORTS = 10


@require_safe
@login_required
def export_data(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a workspace can export, and what was exported last."""
    workspace = find_administered_workspace(request, slug)
    groups = Group.objects.filter(workspace=workspace, deleted_at__isnull=True)
    in_groups = GroupMember.objects.filter(group__in=groups)
    context = {
        "workspace": workspace,
        "session_count": exported_sessions(workspace).count(),
        "user_count": Member.objects.filter(workspace=workspace).count(),
        "group_row_count": in_groups.count()
        + groups.filter(members__isnull=True).count(),
        "recent": list_workspace_reports(workspace, LISTED_REPORTS),
    }
    return render(request, "web/export_data.html", context)


@require_POST
@login_required
def start_report(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """Ask for a report; with scripts the banner shows it, else its own page."""
    scope = ExportScope(workspace=find_administered_workspace(request, slug))
    return _start(request, identifier, scope, redirect("export-data", slug=slug))


@require_POST
@login_required
def start_course_report(
    request: HttpRequest, course_id: int, identifier: str
) -> HttpResponse:
    """Ask for a report of a course."""
    scope = ExportScope.of_course(find_taught_course(request, course_id))
    back = redirect("course-admin", course_id=course_id)
    return _start(request, identifier, scope, back)


def _start(
    request: HttpRequest, identifier: str, scope: ExportScope, back: HttpResponse
) -> HttpResponse:
    options = {
        name: request.POST[name] for name in ("dialect",) if name in request.POST
    }
    try:
        export = request_export(
            person=get_person(request),
            identifier=identifier,
            scope=scope,
            options=options,
        )
    except DefinitionNotFoundError as error:
        raise Http404 from error
    except ExportsError as error:
        messages.error(request, str(error))
        return back
    if request.headers.get("HX-Request"):
        return render(request, "web/components/reports.html")
    return redirect("export", export_id=export.pk)


@require_safe
@login_required
def reports(request: HttpRequest) -> HttpResponse:
    """Return the banner with the reports that the person waits for."""
    return render(request, "web/components/reports.html")


@require_POST
@login_required
def dismiss(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Take a report from the banner."""
    dismiss_report(get_person(request), find_export(request, export_id))
    if request.headers.get("HX-Request"):
        return render(request, "web/components/reports.html")
    return redirect("home")
