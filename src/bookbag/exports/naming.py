"""From the words that people type to what an export is about, and who asks for it.

A thing is named by its name, in any case, or by its number or slug; a name that fits
several things is refused, with all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole, Project
from bookbag.domain.finding import NotVisibleError, find_project
from bookbag.domain.people.models import Member, MemberStatus, User, Workspace
from bookbag.domain.people.services import find_user
from bookbag.domain.policies import ADMIN_ROLES
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    ScopeKind,
)
from bookbag.exports.errors import ScopeError

T = TypeVar("T", bound=Model)

LISTED = 5
NAMED_BY: dict[ScopeKind, tuple[str, ...]] = {
    ScopeKind.WORKSPACE: (),
    ScopeKind.COURSE: ("course",),
    ScopeKind.ASSIGNMENT: ("course", "assignment"),
    ScopeKind.STUDENT: ("course", "student"),
    ScopeKind.PROJECT: ("project",),
    ScopeKind.USER: (),
}
"""What has to be named beside the workspace, by what an export is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeNames:
    """What an export is about, as somebody named it; empty where they did not."""

    workspace: str = ""
    course: str = ""
    assignment: str = ""
    student: str = ""
    project: str = ""


def check_names(definition: ExportDefinition, names: ScopeNames) -> None:
    """Refuse names that are missing, or that an export knows nothing to do with.

    Raises:
        ScopeError: If it is so; the message names all of them.
    """
    needed = NAMED_BY[definition.scope_kind]
    things = ("course", "assignment", "student", "project")
    given = tuple(name for name in things if getattr(names, name))
    if given != needed:
        message = (
            f"Found {_list(given)} named, expected {_list(needed)}: "
            f"{definition.identifier!r} is about a {definition.scope_kind.value}"
        )
        raise ScopeError(message)


def find_named_scope(
    definition: ExportDefinition, names: ScopeNames, person: User
) -> ExportScope:
    """Return what the names stand for.

    Args:
        definition: The export that is wanted.
        names: What somebody typed.
        person: Who asks; exports of one's own data are about them.

    Raises:
        ScopeError: If a name fits nothing or several things, or one is missing.
    """
    check_names(definition, names)
    if definition.scope_kind is ScopeKind.USER:
        return ExportScope(workspace=find_workspace(names.workspace), subject=person)
    if names.project:
        return ExportScope.of_project(_find_project(names.project, person))
    if not names.course:
        return ExportScope(workspace=find_workspace(names.workspace))
    course = _find_course(names)
    assignment = student = None
    if names.assignment:
        assignment = _pick(
            course.assignments.filter(_is_called(names.assignment)),
            f"assignment of {course.name!r}",
            names.assignment,
            "pk",
        )
    if names.student:
        student = _find_student(course, names.student)
    return ExportScope(
        workspace=course.workspace,
        course=course,
        assignment=assignment,
        subject=student,
    )


def find_workspace(name: str) -> Workspace:
    """Return a workspace by name or slug; without one, the only one.

    Raises:
        ScopeError: If there is no such workspace, or there are several.
    """
    workspaces = Workspace.objects.all()
    if name:
        workspaces = workspaces.filter(Q(name__iexact=name) | Q(slug=name))
    return _pick(workspaces, "workspace", name, "slug")


def find_asker(login: str, workspace_of: ScopeNames) -> User:
    """Return the person in whose name something is asked for on this machine.

    Args:
        login: An e-mail address or user name; without one it is the only owner or
            admin of the workspace.
        workspace_of: Says in which workspace to look for that one.

    Raises:
        ScopeError: If there is no such person, or several could be meant.
    """
    if login:
        person = find_user(login)
        if person is None:
            message = f"Found nobody called {login!r}, expected a name or an address"
            raise ScopeError(message)
        return person
    workspace = (
        _find_course(workspace_of).workspace
        if workspace_of.course
        else find_workspace(workspace_of.workspace)
    )
    admins = Member.objects.filter(
        workspace=workspace,
        role__in=ADMIN_ROLES,
        status=MemberStatus.ACTIVE,
        user__is_active=True,
    )
    people = [member.user for member in admins.select_related("user")[: LISTED + 1]]
    if len(people) != 1:
        message = (
            f"Found {len(people)} people who administer {workspace.name!r}, expected "
            f"one: say in whose name to ask{_examples(p.username for p in people)}"
        )
        raise ScopeError(message)
    return people[0]


def _find_course(names: ScopeNames) -> Course:
    courses = Course.objects.filter(
        _is_called(names.course), deleted_at__isnull=True
    ).select_related("workspace")
    if names.workspace:
        courses = courses.filter(workspace=find_workspace(names.workspace))
    return _pick(courses, "course", names.course, "pk")


def _find_project(number: str, person: User) -> Project:
    try:
        return find_project(person, int(number))
    except (ValueError, NotVisibleError):
        message = f"Found no project {number!r}, expected the number in its address"
        raise ScopeError(message) from None


def _find_student(course: Course, login: str) -> User:
    # Also one who was removed: the course's receipt names them, too.
    enrolment = (
        Enrolment.objects.filter(
            Q(user__username__iexact=login) | Q(user__email__iexact=login),
            course=course,
            role=EnrolmentRole.STUDENT,
        )
        .select_related("user")
        .first()
    )
    if enrolment is None:
        message = f"Found no student {login!r}, expected one of {course.name!r}"
        raise ScopeError(message)
    return enrolment.user


def _is_called(name: str) -> Q:
    by_name = Q(name__iexact=name)
    is_number = name.isascii() and name.isdigit() and len(name) < 19
    return by_name | Q(pk=int(name)) if is_number else by_name


def _pick(found: QuerySet[T], what: str, name: str, shown: str) -> T:
    matches = list(found[: LISTED + 1])
    if len(matches) == 1:
        return matches[0]
    called = f" called {name!r}" if name else ""
    number = "more than one" if matches else "no"
    names = _examples(str(getattr(match, shown)) for match in matches)
    raise ScopeError(f"Found {number} {what}{called}, expected one{names}")


def _examples(names: Iterable[str]) -> str:
    listed = list(names)
    more = ", …" if len(listed) > LISTED else ""
    return f" ({', '.join(listed[:LISTED])}{more})" if listed else ""


def _list(names: Sequence[str]) -> str:
    return " and ".join(names) or "nothing"
