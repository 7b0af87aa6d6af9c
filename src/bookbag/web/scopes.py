"""What an export is about, as an address names it, and what a person can choose from.

Shape: ``users`` and ``my-data`` stand alone, ``course-data:3`` names a course,
``assignment-data:5`` an assignment, ``student-data:3:7`` a student in a course, and
``project-zip:12`` a project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
)
from bookbag.domain.finding import NotVisibleError
from bookbag.domain.people.models import User, Workspace
from bookbag.domain.policies import viewable_courses
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ExportScope, ScopeKind
from bookbag.exports.errors import ScopeError
from bookbag.exports.scopes import NEEDED, ScopeParts, find_scope
from bookbag.web.requests import get_person

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
    person = get_person(request)
    needed = NEEDED[definition.scope_kind]
    values: list[str | int] = [int(key) for key in keys]
    if needed == ("workspace",) and not keys:
        values = [slug]
    if len(values) != len(needed):
        raise Http404
    try:
        named = dict(zip(needed, values, strict=True))
        parts = ScopeParts(**named)  # type: ignore[arg-type]  # as NEEDED names them
        scope = find_scope(person, definition.scope_kind, parts)
    except (NotVisibleError, ScopeError) as error:
        raise Http404 from error
    if scope.workspace.slug != slug:
        raise Http404
    if not definition.may_request(person, scope):
        raise PermissionDenied
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


def list_siblings(person: User, scope: ExportScope, what: str) -> list[Offer]:
    """Return all that a person can choose of the thing that one export is about.

    Args:
        person: Who chooses.
        scope: The thing.
        what: How an address names one of them.
    """
    keys = what.partition(":")[2]
    return [
        Offer(what=f"{name}:{keys}" if keys else name, title=entry.get_title())
        for name, entry in get_catalogue().items()
        if entry.scope_kind is scope.kind and entry.may_request(person, scope)
    ]


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
