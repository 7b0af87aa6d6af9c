"""From the words that people type to what an export is about."""

import pytest

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ScopeKind
from bookbag.exports.errors import ScopeError
from bookbag.exports.naming import NAMED_BY, ScopeNames, find_asker, find_named_scope
from tests import factories


@pytest.fixture
def student(course: Course) -> User:
    return factories.enrol(course, "amara")


@pytest.fixture
def assignment(course: Course) -> Assignment:
    return factories.make_assignment(course, "Sorting")


@pytest.mark.parametrize("course_name", ["CS101", "cs101", "{number}"])
def test_a_thing_is_named_by_its_name_or_number(
    course: Course, assignment: Assignment, student: User, course_name: str
) -> None:
    name = course_name.format(number=course.pk)
    of_one = ScopeNames(course=name, student="AMARA@example.edu")
    of_all = ScopeNames(course=name, assignment="sorting")

    scope = find_named_scope(get_definition("student-csv"), of_one, student)
    other = find_named_scope(get_definition("assignment-csv"), of_all, student)

    assert (scope.kind, scope.course, scope.subject) == (
        ScopeKind.STUDENT,
        course,
        student,
    )
    assert (other.kind, other.assignment) == (ScopeKind.ASSIGNMENT, assignment)


def test_a_project_is_named_by_its_number(
    assignment: Assignment, student: User
) -> None:
    project = factories.make_project(assignment, student)
    stranger = factories.make_user()
    definition = get_definition("project-zip")

    scope = find_named_scope(definition, ScopeNames(project=str(project.pk)), student)

    assert scope.kind is ScopeKind.PROJECT
    for number, person in ((str(project.pk), stranger), ("x", student)):
        with pytest.raises(ScopeError, match=f"Found no project '{number}'"):
            find_named_scope(definition, ScopeNames(project=number), person)


def test_own_data_is_about_who_asks(course: Course, student: User) -> None:
    names = ScopeNames(workspace=course.workspace.name.upper())

    scope = find_named_scope(get_definition("my-data"), names, student)

    assert (scope.kind, scope.subject) == (ScopeKind.USER, student)
    assert scope.workspace == course.workspace


def test_the_only_workspace_need_not_be_named(course: Course, student: User) -> None:
    scope = find_named_scope(get_definition("users"), ScopeNames(), student)

    assert (scope.kind, scope.workspace) == (ScopeKind.WORKSPACE, course.workspace)


@pytest.mark.parametrize(
    ("identifier", "names", "message"),
    [
        ("course-data", ScopeNames(), "Found nothing named, expected course"),
        ("users", ScopeNames(course="CS101"), "Found course named, expected nothing"),
        ("course-data", ScopeNames(course="CS999"), "Found no course called 'CS999'"),
        ("users", ScopeNames(workspace="X"), "Found no workspace called 'X'"),
        (
            "student-csv",
            ScopeNames(course="CS101", student="nobody"),
            "Found no student 'nobody', expected one of 'CS101'",
        ),
        (
            "assignment-csv",
            ScopeNames(course="CS101", assignment="Graphs"),
            "Found no assignment of 'CS101' called 'Graphs'",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    course: Course, student: User, identifier: str, names: ScopeNames, message: str
) -> None:
    with pytest.raises(ScopeError) as caught:
        find_named_scope(get_definition(identifier), names, student)

    assert message in str(caught.value)


def test_a_name_of_several_things_is_refused_with_all_of_them(
    course: Course, student: User
) -> None:
    other = factories.make_course("CS101", workspace=factories.make_workspace())

    with pytest.raises(ScopeError) as caught:
        find_named_scope(
            get_definition("course-data"), ScopeNames(course="CS101"), student
        )

    numbers = sorted([course.pk, other.pk])
    assert str(caught.value) == (
        "Found more than one course called 'CS101', expected one "
        f"({numbers[0]}, {numbers[1]})"
    )


def test_the_only_admin_asks_when_nobody_is_named(course: Course) -> None:
    names = ScopeNames(course=course.name)
    with pytest.raises(ScopeError, match="Found 0 people who administer"):
        find_asker("", names)
    admin = factories.make_member(course.workspace, "root", role=MemberRole.ADMIN)

    assert find_asker("", names) == admin
    factories.make_member(course.workspace, "second", role=MemberRole.OWNER)
    with pytest.raises(ScopeError, match=r"Found 2 people .* \(root, second\)"):
        find_asker("", names)
    assert find_asker("Second", names).username == "second"
    with pytest.raises(ScopeError, match="Found nobody called 'third'"):
        find_asker("third", names)


def test_every_kind_of_scope_can_be_named() -> None:
    assert set(NAMED_BY) == set(ScopeKind)
