"""Finding what somebody asks about, if they may know of it.

What is not for a person looks the same as what never was (``NotVisibleError``). Who may
know of it and do no more gets Django's ``PermissionDenied``.
"""

from django.core.exceptions import PermissionDenied

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


class NotVisibleError(LookupError):
    """There is no such thing, or it is not for this person."""


def find_course(person: User, course_id: int) -> Course:
    """Return a course that the person may open.

    Raises:
        NotVisibleError: If there is none, or it is not for this person.
    """
    try:
        return viewable_courses(person).get(pk=course_id)
    except Course.DoesNotExist as error:
        raise NotVisibleError from error


def find_taught_course(person: User, course_id: int) -> Course:
    """Return a course whose data the person may take out.

    Raises:
        NotVisibleError: If it is not for this person at all.
        PermissionDenied: If the person may open it and no more, as students do.
    """
    course = find_course(person, course_id)
    if not can_export_course(person, course):
        raise PermissionDenied
    return course


def find_changed_course(person: User, course_id: int) -> Course:
    """Return a course that the person may change.

    Raises:
        NotVisibleError: If it is not for this person at all.
        PermissionDenied: If the person may only look, as read-only teachers do.
    """
    course = find_course(person, course_id)
    if not can_change_course(person, course):
        raise PermissionDenied
    return course


def find_project(person: User, project_id: int) -> Project:
    """Return a project that the person may open.

    Raises:
        NotVisibleError: If there is none, or it is not for this person.
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
    if project is None or not can_view_project(person, project):
        raise NotVisibleError
    return project


def find_workspace(person: User, slug: str) -> Workspace:
    """Return a workspace that the person is an active member of.

    Raises:
        NotVisibleError: If there is none, or it is not for this person.
    """
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None or not is_active_member(person, workspace):
        raise NotVisibleError
    return workspace


def find_administered_workspace(person: User, slug: str) -> Workspace:
    """Return a workspace that the person administers.

    Raises:
        NotVisibleError: If it is not for this person at all.
        PermissionDenied: If the person is a member and no more.
    """
    workspace = find_workspace(person, slug)
    if not can_administer_workspace(person, workspace):
        raise PermissionDenied
    return workspace
