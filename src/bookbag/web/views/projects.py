"""A project's page, which says that it is open and when it is left."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookbag.domain.activity.models import ProjectVisit
from bookbag.domain.activity.recording import (
    record_project_close,
    record_project_open,
)
from bookbag.domain.courses.models import EnrolmentRole, Project
from bookbag.web.addresses import find_client_address
from bookbag.web.requests import find_project, get_person
from bookbag.web.signals import SIGNED_IN_FROM


@require_safe
@login_required
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Show a project; viewing it is opening it."""
    found = find_project(request, project_id)
    context: dict[str, object] = {"project": found, "course": found.assignment.course}
    if request.method == "GET":
        context["visit"] = _open(request, found)
    return render(request, "web/project.html", context)


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


def _open(request: HttpRequest, found: Project) -> ProjectVisit:
    person = get_person(request)
    is_own = found.owner_id == person.pk
    visit = ProjectVisit(
        user=person,
        project=found,
        role=EnrolmentRole.STUDENT if is_own else EnrolmentRole.TEACHER,
        ip_address=request.session.get(SIGNED_IN_FROM) or find_client_address(request),
    )
    record_project_open(visit)
    return visit
