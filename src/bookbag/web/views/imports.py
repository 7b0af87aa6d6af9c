"""*New project > Import*: choosing a file, what is in it, and what becomes of it."""

import uuid
from collections.abc import Sequence
from typing import BinaryIO, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from bookbag.domain.courses.models import Stack
from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import MemberStatus, Workspace
from bookbag.domain.policies import can_change_project
from bookbag.imports.errors import ImportsError, UploadTooLargeError
from bookbag.imports.projects.allowances import Allowance, find_allowance
from bookbag.imports.projects.models import FoundProject, ProjectImport
from bookbag.imports.projects.selectors import list_open_imports
from bookbag.imports.projects.services import (
    ChosenProject,
    cancel_import,
    choose_projects,
    delete_own_project,
)
from bookbag.imports.projects.states import ImportState
from bookbag.imports.projects.uploads import begin_upload, count_received, receive
from bookbag.web.guards import ANY_BYTES, takes_bytes
from bookbag.web.requests import find_import, find_project, find_workspace, get_person

AS_PROPOSED = "proposed"
"""The choice of each project's own stack, as the archive names it."""
STEPS = {
    ImportState.UPLOADING: 1,
    ImportState.UPLOADED: 2,
    ImportState.CHECKING: 2,
    ImportState.CHECKED: 3,
    ImportState.CHOSEN: 4,
    ImportState.IMPORTING: 4,
    ImportState.DONE: 5,
    ImportState.FAILED: 2,
    ImportState.CANCELLED: 1,
    ImportState.EXPIRED: 1,
}
FORM_BYTES = 64 << 10
"""What a form takes beside the file that is in it."""


@takes_bytes(ANY_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_project(request: HttpRequest) -> HttpResponse:
    """Show where a file is chosen; take one from a browser without scripts."""
    places = _find_places(request)
    if not places:
        raise Http404
    if request.method == "POST":
        return _receive_form(request)
    context = {
        "places": places,
        "open_imports": list_open_imports(get_person(request)),
        "step": 1,
    }
    return render(request, "web/project_new.html", context)


@require_safe
@login_required
def show(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show how far an import is, what to choose, or what came of it."""
    job = find_import(request, import_id)
    return _show(request, job)


@require_POST
@login_required
def choose(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Import what was chosen."""
    job = find_import(request, import_id)
    try:
        choose_projects(
            job,
            _read_choices(request, job),
            description=request.POST.get("description", "").strip(),
            visibility=request.POST.get("visibility", Visibility.PRIVATE),
        )
    except ImportsError as error:
        return _show(request, job, fault=str(error))
    return redirect("import", import_id=job.pk)


@require_POST
@login_required
def cancel(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Give an import up."""
    job = find_import(request, import_id)
    try:
        cancel_import(job)
    except ImportsError as error:
        messages.error(request, str(error))
        return redirect("import", import_id=job.pk)
    messages.success(request, _("The import was given up; nothing of it was kept."))
    return redirect("project-new")


@require_POST
@login_required
def delete(request: HttpRequest, project_id: int) -> HttpResponse:
    """Delete a project of one's own, with its files."""
    project = find_project(request, project_id)
    if not can_change_project(get_person(request), project):
        raise PermissionDenied
    try:
        delete_own_project(project)
    except ImportsError as error:
        raise PermissionDenied from error
    messages.success(request, _("The project was deleted."))
    return redirect("projects")


def _show(request: HttpRequest, job: ProjectImport, fault: str = "") -> HttpResponse:
    found = list(job.found.select_related("stack", "project"))
    is_done = job.state == ImportState.DONE
    missing = {f.stack_label for f in found if f.stack_label and f.stack is None}
    context = {
        "job": job,
        "found": [f for f in found if f.is_chosen or not is_done],
        "total_bytes": sum(f.size_bytes for f in found),
        "renamed_count": sum(f.renamed_count for f in found),
        "missing_stacks": sorted(missing) if not is_done else [],
        "has_proposals": any(f.stack for f in found),
        "stacks": Stack.objects.filter(workspace=job.workspace),
        "visibilities": Visibility.choices,
        "is_working": job.state in {*job.WORKED_ON_IN, *job.WORKED_ON_IN.values()},
        "received_bytes": count_received(job),
        "step": STEPS[ImportState(job.state)],
        "fault": fault,
        "given": request.POST,
    }
    name = "components/import_panel" if request.headers.get("HX-Request") else "import"
    return render(request, f"web/{name}.html", context, status=400 if fault else 200)


def _read_choices(request: HttpRequest, job: ProjectImport) -> Sequence[ChosenProject]:
    chosen = set(request.POST.getlist("chosen"))
    wanted = request.POST.get("stack", "")
    stacks = {str(s.pk): s for s in Stack.objects.filter(workspace=job.workspace)}
    return [
        ChosenProject(
            found=found,
            name=request.POST.get(f"name-{found.pk}", found.name),
            stack=found.stack if wanted == AS_PROPOSED else stacks.get(wanted),
        )
        for found in FoundProject.objects.filter(of_import=job)
        if str(found.pk) in chosen
    ]


def _receive_form(request: HttpRequest) -> HttpResponse:
    # Looked at before the body is read: nobody uploads what will be refused.
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    allowed = max(a.allowed_bytes for _place, a in _find_places(request))
    if length > allowed + FORM_BYTES:
        message = f"Found {length} bytes, limit is {allowed}: the file"
        return HttpResponse(message, status=413, content_type="text/plain")
    file = request.FILES.get("file")
    workspace = find_workspace(request, request.POST.get("workspace", ""))
    if file is None:
        messages.error(request, _("Found no file, expected one."))
        return redirect("project-new")
    try:
        job = begin_upload(
            person=get_person(request),
            workspace=workspace,
            file_name=file.name or "",
            size_bytes=file.size or 0,
        )
    except UploadTooLargeError as error:
        messages.error(request, str(error))
        return redirect("project-new")
    if file.size:
        receive(job, cast("BinaryIO", file), offset=0)
    return redirect("import", import_id=job.pk)


def _find_places(request: HttpRequest) -> list[tuple[Workspace, Allowance]]:
    person = get_person(request)
    memberships = person.memberships.filter(status=MemberStatus.ACTIVE)
    workspaces = [
        m.workspace
        for m in memberships.select_related("workspace").order_by("workspace__name")
    ]
    return [(w, find_allowance(person, w)) for w in workspaces]
