"""What views read from a request: who asks, and what they ask about."""

import uuid
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import (
    can_administer_workspace,
    can_change_course,
    can_export_course,
    can_view_project,
    is_active_member,
    viewable_courses,
)
from bookbag.exports.models import Export
from bookbag.exports.selectors import get_export


def get_person(request: HttpRequest) -> User:
    """Return who is signed in; views that call it require a sign-in."""
    return cast("User", request.user)


def find_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course that the person may open.

    Raises:
        Http404: If there is none, or it is not for this person.
    """
    try:
        return viewable_courses(get_person(request)).get(pk=course_id)
    except Course.DoesNotExist as error:
        raise Http404 from error


def find_taught_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course whose data the person may take out.

    Raises:
        Http404: If it is not for this person at all.
        PermissionDenied: If the person may open it and no more, as students do.
    """
    course = find_course(request, course_id)
    if not can_export_course(get_person(request), course):
        raise PermissionDenied
    return course


def find_changed_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course that the person may change.

    Raises:
        Http404: If it is not for this person at all.
        PermissionDenied: If the person may only look, as read-only teachers do.
    """
    course = find_course(request, course_id)
    if not can_change_course(get_person(request), course):
        raise PermissionDenied
    return course


def find_project(request: HttpRequest, project_id: int) -> Project:
    """Return a project that the person may open.

    Raises:
        Http404: If there is none, or it is not for this person.
    """
    projects = Project.objects.select_related(
        "assignment__course__workspace",
        "assignment__module",
        "workspace",
        "owner",
        "stack",
    )
    here = projects.filter(assignment__course__deleted_at__isnull=True)
    project = here.filter(pk=project_id).first()
    if project is None or not can_view_project(get_person(request), project):
        raise Http404
    return project


def find_workspace(request: HttpRequest, slug: str) -> Workspace:
    """Return a workspace that the person is an active member of.

    Raises:
        Http404: If there is none, or it is not for this person.
    """
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None or not is_active_member(get_person(request), workspace):
        raise Http404
    return workspace


def find_administered_workspace(request: HttpRequest, slug: str) -> Workspace:
    """Return a workspace that the person is an owner or admin of.

    Raises:
        Http404: If it is not for this person at all.
        PermissionDenied: If the person is a member and no more.
    """
    workspace = find_workspace(request, slug)
    if not can_administer_workspace(get_person(request), workspace):
        raise PermissionDenied
    return workspace


def find_export(request: HttpRequest, export_id: uuid.UUID) -> Export:
    """Return an export that the person may see.

    Raises:
        Http404: If there is none, or it is not for this person.
    """
    try:
        return get_export(get_person(request), export_id)
    except Export.DoesNotExist as error:
        raise Http404 from error
