"""Asking for an export: of a workspace, a course, an assignment or a student."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ScopeKind
from bookbag.exports.errors import DefinitionNotFoundError, ExportsError
from bookbag.exports.models import Export
from bookbag.exports.selectors import scope_of
from bookbag.exports.services import request_export
from bookbag.web.recency import check_recent_sign_in
from bookbag.web.requests import (
    find_administered_workspace,
    find_export,
    find_taught_course,
    find_workspace,
    get_person,
)
from bookbag.web.scopes import assignment_scope, student_scope
from bookbag.web.views.deliveries import deliver_chosen


@require_POST
@login_required
def of_workspace(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """Ask for an export of a workspace."""
    scope = ExportScope(workspace=find_administered_workspace(request, slug))
    return _answer(request, identifier, scope)


@require_POST
@login_required
def of_course(request: HttpRequest, course_id: int, identifier: str) -> HttpResponse:
    """Ask for an export of a course."""
    scope = ExportScope.of_course(find_taught_course(request, course_id))
    return _answer(request, identifier, scope)


@require_POST
@login_required
def of_assignment(
    request: HttpRequest, course_id: int, assignment_id: int, identifier: str
) -> HttpResponse:
    """Ask for an export of one assignment."""
    course = find_taught_course(request, course_id)
    return _answer(request, identifier, assignment_scope(course, assignment_id))


@require_POST
@login_required
def of_student(
    request: HttpRequest, course_id: int, student_id: int, identifier: str
) -> HttpResponse:
    """Ask for an export of one student of a course."""
    course = find_taught_course(request, course_id)
    return _answer(request, identifier, student_scope(course, student_id))


@require_POST
@login_required
def of_person(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for everything that a workspace knows of the person."""
    workspace = find_workspace(request, slug)
    scope = ExportScope(workspace=workspace, subject=get_person(request))
    return _answer(request, "my-data", scope)


@require_POST
@login_required
def again(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Ask for what an earlier export was, with the same choices."""
    export = find_export(request, export_id)
    started = start(request, export.identifier, scope_of(export), export.options)
    return lead_on(request, started, scope_of(export))


def start(
    request: HttpRequest,
    identifier: str,
    scope: ExportScope,
    options: dict[str, str] | None = None,
) -> Export | None:
    """Ask for an export, or say on the next page why it cannot be had.

    Args:
        request: Who asks; its fields are the options, when none are given.
        identifier: Which export of the catalogue.
        scope: What it is about.
        options: Values by option name.

    Raises:
        Http404: If the catalogue has no such export.
    """
    check_recent_sign_in(request, identifier, scope)
    try:
        if options is None:
            known = get_definition(identifier).options
            options = {n: request.POST[n] for n in known if n in request.POST}
        export = request_export(
            person=get_person(request),
            identifier=identifier,
            scope=scope,
            options=options,
            purpose=request.POST.get("purpose", "").strip(),
        )
    except DefinitionNotFoundError as error:
        raise Http404 from error
    except ExportsError as error:
        messages.error(request, str(error))
        return None
    deliver_chosen(request, export)
    return export


def _answer(request: HttpRequest, identifier: str, scope: ExportScope) -> HttpResponse:
    return lead_on(request, start(request, identifier, scope), scope)


def lead_on(
    request: HttpRequest, started: Export | None, scope: ExportScope
) -> HttpResponse:
    """Return what follows on asking: the banner, the export, or the course's list."""
    is_quick = started is None or get_definition(started.identifier).is_quick
    if is_quick and request.headers.get("HX-Request"):
        return render(request, "web/components/reports.html", {"is_answer": True})
    if started is not None and is_quick:
        return redirect("export", export_id=started.pk)
    if scope.kind is ScopeKind.PROJECT:
        return redirect("projects")
    if started is not None:
        text = _("Started. You can leave this page; we will e-mail %(address)s.")
        messages.success(request, text % {"address": get_person(request).email})
    if scope.kind is ScopeKind.USER:
        return redirect("my-data")
    if scope.course is None:
        return redirect("export-data", slug=scope.workspace.slug)
    if started is None:
        return redirect("course-admin", course_id=scope.course.pk)
    return redirect("course-exports", course_id=scope.course.pk)
