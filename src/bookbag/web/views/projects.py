"""A project's pages: its files, its stack, and when it is opened and left."""

import os

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookbag.domain.activity.models import ProjectVisit
from bookbag.domain.activity.recording import (
    record_project_close,
    record_project_open,
)
from bookbag.domain.courses.models import EnrolmentRole, Project, Stack
from bookbag.domain.courses.selectors import list_projects
from bookbag.domain.policies import can_change_project
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import ProjectFileError
from bookbag.exports.project_files import (
    name_of,
    open_for_download,
    read_file,
    read_folder,
)
from bookbag.web.addresses import find_client_address
from bookbag.web.lists import read_page
from bookbag.web.previews import SNIFFED_BYTES, find_image_type, preview_file
from bookbag.web.requests import find_project, get_person
from bookbag.web.signals import SIGNED_IN_FROM
from bookbag.web.views.starting import lead_on, start


@require_safe
@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """List the person's own projects."""
    search = request.GET.get("search", "").strip()
    found = list_projects(get_person(request), search)
    context = {
        "page": read_page(request, found),
        "search": search,
        "chosen": {"search": search},
    }
    return render(request, "web/projects.html", context)


@require_safe
@login_required
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Show a project: a folder of it, or a file; viewing it is opening it."""
    found = find_project(request, project_id)
    person = get_person(request)
    context: dict[str, object] = {
        "project": found,
        "course": found.course,
        "is_own": found.owner_id == person.pk,
        "may_change": can_change_project(person, found),
        **_look_into(request, found),
    }
    if request.headers.get("HX-Request"):
        return render(request, "web/components/project_files.html", context)
    context["stacks"] = Stack.objects.filter(workspace=found.home)
    if request.method == "GET":
        context["visit"] = _open(request, found)
    return render(request, "web/project.html", context)


@require_safe
@login_required
def raw(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Send a file as it is, from an address where nothing in it can run."""
    found = find_project(request, project_id)
    path = request.GET.get("path", "")
    try:
        file = open_for_download(found, path)
    except ProjectFileError as error:
        raise Http404 from error
    start = file.read(SNIFFED_BYTES)
    file.seek(0)
    image = find_image_type(start)
    answer = FileResponse(
        file,
        as_attachment=not image,
        filename=name_of(path),
        content_type=image or "application/octet-stream",
    )
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@login_required
def export(request: HttpRequest, project_id: int) -> HttpResponse:
    """Ask for a project, or a folder of it, as a ZIP."""
    scope = ExportScope.of_project(find_project(request, project_id))
    return lead_on(request, start(request, "project-zip", scope), scope)


@require_POST
@login_required
def stack(request: HttpRequest, project_id: int) -> HttpResponse:
    """Switch the stack that a project is opened with."""
    found = find_project(request, project_id)
    if not can_change_project(get_person(request), found):
        raise PermissionDenied
    wanted = request.POST.get("stack", "")
    stacks = Stack.objects.filter(workspace=found.home)
    found.stack = get_object_or_404(stacks, pk=wanted) if wanted else None
    found.save(update_fields=["stack"])
    messages.success(request, _("The stack was switched."))
    return redirect("project", project_id=found.pk)


@require_POST
@login_required
def seen(request: HttpRequest, project_id: int, key: str) -> HttpResponse:
    """Note that a page still has a project open; one that was given up opens again."""
    found = find_project(request, project_id)
    visits = ProjectVisit.objects.filter(
        key=key, project=found, user=get_person(request)
    )
    if not visits.update(seen_at=timezone.now()):
        key = _open(request, found).key
    return JsonResponse({"key": key})


@require_POST
@login_required
def close(request: HttpRequest, project_id: int, key: str) -> HttpResponse:
    """Note that a page with a project was left."""
    found = find_project(request, project_id)
    visit = ProjectVisit.objects.filter(
        key=key, project=found, user=get_person(request)
    ).first()
    if visit is not None:
        visit.project = found
        record_project_close(visit)
    return HttpResponse(status=204)


def _look_into(request: HttpRequest, found: Project) -> dict[str, object]:
    path = request.GET.get("file", "")
    offset = request.GET.get("offset", "0")
    try:
        if not path:
            folder = request.GET.get("path", "")
            start_at = int(offset) if offset.isascii() and offset.isdigit() else 0
            return {"folder": read_folder(found, folder, start_at)}
        with read_file(found, path) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            preview = preview_file(name_of(path), file, size_bytes)
    except (ProjectFileError, ValueError) as error:
        return {"fault": str(error)}
    parent = path.rpartition("/")[0]
    return {
        "preview": preview,
        "file_path": path,
        "file_name": name_of(path),
        "parent_path": parent,
    }


def _open(request: HttpRequest, found: Project) -> ProjectVisit:
    person = get_person(request)
    is_own = found.owner_id == person.pk
    role = EnrolmentRole.STUDENT if is_own else EnrolmentRole.TEACHER
    visit = ProjectVisit(
        user=person,
        project=found,
        role="" if found.course is None else role,
        ip_address=request.session.get(SIGNED_IN_FROM) or find_client_address(request),
    )
    record_project_open(visit)
    return visit
