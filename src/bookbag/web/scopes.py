"""What an export is about, as an address names it, and what a person can choose from.

Shape: ``users`` and ``my-data`` stand alone, ``course-data:3`` names a course,
``assignment-data:5`` an assignment, ``student-data:3:7`` a student in a course, and
``project-zip:12`` a project.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
)
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import viewable_courses
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ExportScope, ScopeKind
from bookbag.web.requests import (
    find_administered_workspace,
    find_project,
    find_taught_course,
    find_workspace,
    get_person,
)

COURSES_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One export that a person can choose."""

    what: str
    """How an address names it."""
    title: str


def read_what(request: HttpRequest, slug: str, what: str) -> tuple[str, ExportScope]:
    """Return the identifier and the scope of an export that the person may ask for.

    Raises:
        Http404: If there is no such thing, or it is not for this person.
        PermissionDenied: If the person may see it and no more.
    """
    identifier, *keys = what.split(":")
    definition = get_catalogue().get(identifier)
    if definition is None or not all(key.isdecimal() for key in keys):
        raise Http404
    key_count, find = _FINDERS[definition.scope_kind]
    if len(keys) != key_count:
        raise Http404
    scope = find(request, slug, *(int(key) for key in keys))
    if scope.workspace.slug != slug:
        raise Http404
    return identifier, scope


def list_offers(person: User, workspace: Workspace) -> dict[str, list[Offer]]:
    """Return what a person can choose in a workspace, by the thing it is about.

    Students are not among it: they have the export in their own menus.
    """
    by_kind: dict[ScopeKind, list[tuple[str, str]]] = {}
    for identifier, definition in get_catalogue().items():
        title = definition.get_title()
        by_kind.setdefault(definition.scope_kind, []).append((identifier, title))
    own = ExportScope(workspace=workspace, subject=person)
    offers = {
        workspace.name: _offer(by_kind, person, ExportScope(workspace=workspace))
        + _offer(by_kind, person, own)
    }
    courses = viewable_courses(person).filter(workspace=workspace).order_by("name")
    for course in courses.prefetch_related("assignments")[:COURSES_LISTED]:
        scope = ExportScope.of_course(course)
        offers[course.name] = _offer(by_kind, person, scope, course.pk)
        if offers[course.name]:
            for assignment in course.assignments.all():
                scope = ExportScope.of_assignment(assignment)
                name = f"{course.name} / {assignment.name}"
                offers[name] = _offer(by_kind, person, scope, assignment.pk)
    return {name: offered for name, offered in offers.items() if offered}


def assignment_scope(course: Course, assignment_id: int) -> ExportScope:
    """Return the scope of an assignment of a course.

    Raises:
        Http404: If the course has no such assignment.
    """
    assignment = Assignment.objects.filter(course=course, pk=assignment_id).first()
    if assignment is None:
        raise Http404
    return ExportScope.of_assignment(assignment)


def student_scope(course: Course, student_id: int) -> ExportScope:
    """Return the scope of a student of a course, also of one who was removed.

    Raises:
        Http404: If the course has no such student.
    """
    enrolment = (
        Enrolment.objects.filter(
            course=course, user=student_id, role=EnrolmentRole.STUDENT
        )
        .select_related("user")
        .first()
    )
    if enrolment is None:
        raise Http404
    return ExportScope.of_student(course, enrolment.user)


def _offer(
    by_kind: Mapping[ScopeKind, Sequence[tuple[str, str]]],
    person: User,
    scope: ExportScope,
    *keys: int,
) -> list[Offer]:
    catalogue = get_catalogue()
    return [
        Offer(what=":".join([identifier, *map(str, keys)]), title=title)
        for identifier, title in by_kind.get(scope.kind, ())
        if catalogue[identifier].may_request(person, scope)
    ]


def _of_workspace(request: HttpRequest, slug: str) -> ExportScope:
    return ExportScope(workspace=find_administered_workspace(request, slug))


def _of_person(request: HttpRequest, slug: str) -> ExportScope:
    workspace = find_workspace(request, slug)
    return ExportScope(workspace=workspace, subject=get_person(request))


def _of_course(request: HttpRequest, _slug: str, course_id: int) -> ExportScope:
    return ExportScope.of_course(find_taught_course(request, course_id))


def _of_assignment(request: HttpRequest, _slug: str, assignment_id: int) -> ExportScope:
    assignment = Assignment.objects.filter(pk=assignment_id).first()
    if assignment is None:
        raise Http404
    course = find_taught_course(request, assignment.course_id)
    return assignment_scope(course, assignment_id)


def _of_student(
    request: HttpRequest, _slug: str, course_id: int, student_id: int
) -> ExportScope:
    return student_scope(find_taught_course(request, course_id), student_id)


def _of_project(request: HttpRequest, _slug: str, project_id: int) -> ExportScope:
    return ExportScope.of_project(find_project(request, project_id))


_FINDERS: Mapping[ScopeKind, tuple[int, Callable[..., ExportScope]]] = {
    ScopeKind.WORKSPACE: (0, _of_workspace),
    ScopeKind.USER: (0, _of_person),
    ScopeKind.COURSE: (1, _of_course),
    ScopeKind.ASSIGNMENT: (1, _of_assignment),
    ScopeKind.STUDENT: (2, _of_student),
    ScopeKind.PROJECT: (1, _of_project),
}
"""How many keys name a thing, and what finds it."""
