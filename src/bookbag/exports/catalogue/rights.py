"""Who may ask for an export, by what it is about; the rules are ``domain.policies``."""

from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import User
from bookbag.domain.policies import (
    can_administer_workspace,
    can_export_everybody,
    can_export_student,
    can_view_project,
)
from bookbag.exports.catalogue.definition import ExportScope


def may_export_course(person: User, scope: ExportScope) -> bool:
    """Answer for exports of a course, of an assignment, and of one student."""
    if scope.course is None:
        return False
    if scope.subject is not None:
        return can_export_student(person, scope.course, scope.subject)
    return can_export_everybody(person, scope.course)


def may_export_everybody(person: User, scope: ExportScope) -> bool:
    """Answer whether the person may have the data of all who are where a scope is."""
    if scope.course is None:
        return can_administer_workspace(person, scope.workspace)
    return can_export_everybody(person, scope.course)


def may_export_project(person: User, scope: ExportScope) -> bool:
    """Answer for exports of one project: whoever may open it may take it out."""
    project = find_project(scope)
    return project is not None and can_view_project(person, project)


def find_project(scope: ExportScope) -> Project | None:
    """Return the project that a scope is about, or None."""
    if scope.project is not None:
        found = Project.objects.filter(pk=scope.project.pk)
    else:
        found = Project.objects.filter(
            assignment=scope.assignment, owner=scope.subject, workspace=None
        )
    related = "assignment__course__workspace", "workspace", "owner"
    return found.select_related(*related).first()


def may_export_workspace(person: User, scope: ExportScope) -> bool:
    """Answer for exports of a whole workspace."""
    return can_administer_workspace(person, scope.workspace)
