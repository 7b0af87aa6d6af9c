"""Pages of exports: a course's links, one export, its receipt and its file."""

import json
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from bookbag.deliveries.selectors import (
    list_deliveries,
    list_targets_for,
    list_usable_targets,
    may_cancel,
)
from bookbag.domain.courses.models import Course
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import (
    LinkExpiredError,
    LinkNotFoundError,
    TransitionError,
)
from bookbag.exports.handover import hand_over_file
from bookbag.exports.links import open_link
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.selectors import (
    list_course_exports,
    list_running_exports,
    preview_course_export,
    scope_of,
)
from bookbag.exports.services import (
    cancel_export,
    has_downloaded,
    record_download,
    record_opening,
    record_transfer,
)
from bookbag.exports.states import ExportState
from bookbag.exports.storage import get_storage
from bookbag.exports.table_receipts import RECEIPT_SUFFIX
from bookbag.formats.receipt_keys import describe_public_key
from bookbag.web.receipts import present_receipt
from bookbag.web.recency import check_recent_sign_in
from bookbag.web.requests import find_export, find_taught_course, get_person
from bookbag.web.views.starting import lead_on, start

GONE = 410


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def course_exports(request: HttpRequest, course_id: int) -> HttpResponse:
    """List a course's active exports, and make a new one."""
    course = find_taught_course(request, course_id)
    scope = ExportScope.of_course(course)
    is_asked = request.method == "POST"
    started = start(request, "course-data", scope) if is_asked else None
    if started is not None and not request.headers.get("HX-Request"):
        return lead_on(request, started, scope)
    return _render_course_exports(request, course, started)


@require_safe
@login_required
def export_page(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Show one export: what it is, its receipt in short, and how to download it."""
    export = find_export(request, export_id)
    if not request.headers.get("HX-Request"):  # a page that is open asks by itself
        record_opening(person=get_person(request), export=export)
    return _render_export(request, export)


@require_safe
@login_required
def link_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the export behind a mailed link; opening it downloads nothing."""
    try:
        export = open_link(token, get_person(request))
    except LinkExpiredError as error:
        return _render_export(request, find_export(request, error.export_id))
    except LinkNotFoundError:
        return render(request, "404.html", status=404)
    return _render_export(request, export)


@require_POST
@login_required
def download(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Note the download and lead to the file."""
    export = find_export(request, export_id)
    if not export.is_downloadable:
        return _render_export(request, export)
    check_recent_sign_in(request, export.identifier, scope_of(export))
    record_download(person=get_person(request), export=export)
    return redirect("export-file", export_id=export.pk)


@require_safe
@login_required
def export_file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Send the file, or the ranges of it that were asked for."""
    export = find_export(request, export_id)
    if not export.is_downloadable:
        return _render_export(request, export)
    person = get_person(request)
    if not has_downloaded(person, export):  # a long download goes on
        check_recent_sign_in(request, export.identifier, scope_of(export))
    if request.method == "GET":
        record_transfer(person=person, export=export)
    return hand_over_file(request, export, get_storage())


@require_POST
@login_required
def cancel(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Cancel an export that waits or runs."""
    export = find_export(request, export_id)
    try:
        cancel_export(person=get_person(request), export=export)
    except TransitionError:
        messages.info(request, _("The export had already ended."))
    if export.course_id is None:
        return redirect("export", export_id=export.pk)
    if request.headers.get("HX-Request"):
        course = find_taught_course(request, export.course_id)
        return _render_course_exports(request, course)
    return redirect("course-exports", course_id=export.course_id)


@require_safe
@login_required
def receipt(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Show the receipt: every student x assignment, problems first."""
    export = find_export(request, export_id)
    record_opening(person=get_person(request), export=export)
    kept = ExportReceipt.objects.filter(export=export).first()
    document = None if kept is None else json.loads(bytes(kept.document))
    is_table = document is not None and "cells" not in document
    context = {
        "export": export,
        "course": export.course,
        "table": document if is_table else None,
        "receipt": None if document is None or is_table else present_receipt(document),
    }
    return render(request, "web/receipt.html", context)


@require_safe
@login_required
def receipt_file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Send the signed receipt, to be kept beside the file that it is of."""
    export = find_export(request, export_id)
    kept = get_object_or_404(ExportReceipt, export=export)
    response = HttpResponse(bytes(kept.document), content_type="application/json")
    response["Content-Disposition"] = content_disposition_header(
        True, f"{export.file_name}{RECEIPT_SUFFIX}"
    )
    return response


@require_safe
@login_required
def running(request: HttpRequest) -> HttpResponse:
    """Return the ring of the top bar."""
    context = {"running_exports": list_running_exports(get_person(request))}
    return render(request, "web/components/running.html", context)


@require_safe
def receipt_key(_request: HttpRequest) -> HttpResponse:
    """Publish the public half of the key that signs receipts."""
    body = json.dumps(describe_public_key(), indent=2) + "\n"
    return HttpResponse(body, content_type="application/json")


def _render_course_exports(
    request: HttpRequest, course: Course, started: Export | None = None
) -> HttpResponse:
    exports = list_course_exports(get_person(request), course)
    context = {
        "course": course,
        "tab": "admin",
        "may_export": True,
        "exports": exports,
        "is_running": any(export.is_active for export in exports),
        "preview": preview_course_export(course),
        "targets": list_usable_targets(
            get_person(request), course.workspace, is_teacher=True
        ),
        "started": started,
    }
    is_panel = request.headers.get("HX-Request")
    template = "web/components/export_panel.html" if is_panel else "web/exports.html"
    return render(request, template, context)


def _render_export(request: HttpRequest, export: Export) -> HttpResponse:
    is_gone = export.has_expired
    deliveries = list_deliveries(export)
    context = {
        "export": export,
        "course": export.course,
        "file_url": request.build_absolute_uri(f"/exports/{export.pk}/file"),
        "is_failed": export.state == ExportState.FAILED,
        "deliveries": deliveries,
        "cancellable": [d for d in deliveries if may_cancel(get_person(request), d)],
        "is_delivering": any(delivery.is_active for delivery in deliveries),
        "targets": list_targets_for(get_person(request), export)
        if export.is_downloadable
        else [],
    }
    template = "web/export_expired.html" if is_gone else "web/export.html"
    return render(request, template, context, status=GONE if is_gone else 200)
