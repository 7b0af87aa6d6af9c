"""*Export Data*, and the banner that every page shows while a report is generated."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bookbag.domain.people.models import Group, GroupMember, Member
from bookbag.domain.roleplay.selectors import exported_sessions
from bookbag.exports.reports import dismiss_report, list_workspace_reports
from bookbag.web.requests import (
    find_administered_workspace,
    find_export,
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
