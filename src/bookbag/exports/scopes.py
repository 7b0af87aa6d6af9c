"""Finding what an export is to be about, by its parts, for whoever may know of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bookbag.domain.courses.models import Assignment, Enrolment, EnrolmentRole
from bookbag.domain.finding import (
    NotVisibleError,
    find_course,
    find_project,
    find_workspace,
)
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import ExportScope, ScopeKind
from bookbag.exports.errors import ScopeError

NEEDED: Mapping[ScopeKind, tuple[str, ...]] = {
    ScopeKind.WORKSPACE: ("workspace",),
    ScopeKind.COURSE: ("course_id",),
    ScopeKind.ASSIGNMENT: ("assignment_id",),
    ScopeKind.STUDENT: ("course_id", "student_id"),
    ScopeKind.PROJECT: ("project_id",),
    ScopeKind.USER: ("workspace",),
}
"""Which parts name a scope of each kind; a user is always the person who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeParts:
    """The parts that name what an export is about."""

    workspace: str | None = None
    """The slug of a workspace."""
    course_id: int | None = None
    assignment_id: int | None = None
    student_id: int | None = None
    project_id: int | None = None


def find_scope(person: User, kind: ScopeKind, parts: ScopeParts) -> ExportScope:
    """Return the scope that parts name.

    Raises:
        ScopeError: If other parts were given than its kind needs.
        NotVisibleError: If there is no such thing, or it is not for this person.
    """
    given = tuple(n for n in ScopeParts.__slots__ if getattr(parts, n) is not None)
    if given != NEEDED[kind]:
        found, expected = ", ".join(given) or "nothing", ", ".join(NEEDED[kind])
        message = f"Found {found}, expected {expected}: scope of a {kind.value}"
        raise ScopeError(message)
    if parts.workspace is not None:
        workspace = find_workspace(person, parts.workspace)
        subject = person if kind is ScopeKind.USER else None
        return ExportScope(workspace=workspace, subject=subject)
    if parts.project_id is not None:
        return ExportScope.of_project(find_project(person, parts.project_id))
    if parts.assignment_id is not None:
        return _find_assignment(person, parts.assignment_id)
    course = find_course(person, parts.course_id or 0)
    if parts.student_id is None:
        return ExportScope.of_course(course)
    enrolment = Enrolment.objects.filter(
        course=course, user=parts.student_id, role=EnrolmentRole.STUDENT
    ).select_related("user")
    found_student = enrolment.first()
    if found_student is None:
        raise NotVisibleError
    return ExportScope.of_student(course, found_student.user)


def _find_assignment(person: User, assignment_id: int) -> ExportScope:
    assignments = Assignment.objects.select_related("course__workspace")
    assignment = assignments.filter(pk=assignment_id).first()
    if assignment is None:
        raise NotVisibleError
    find_course(person, assignment.course_id)
    return ExportScope.of_assignment(assignment)
