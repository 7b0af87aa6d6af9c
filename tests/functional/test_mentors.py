"""A mentor sees and exports their learners, and nobody else in the course."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.domain.policies import can_view_project
from bookbag.domain.teaching.services import set_learners
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import Export
from bookbag.exports.selectors import can_request, list_course_exports
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def lab(course: Course) -> Assignment:
    return factories.make_assignment(course, "Loops")


@pytest.fixture
def students(course: Course, lab: Assignment) -> tuple[User, User]:
    """A learner of the mentor, and another student; both have a project."""
    ada, ben = (factories.enrol(course, name) for name in ("ada", "ben"))
    for student in (ada, ben):
        factories.make_project(lab, student, Path("/nowhere"))
    return ada, ben


@pytest.fixture
def mentor(course: Course, students: tuple[User, User]) -> User:
    mentor = factories.make_teacher(course, "mentor")
    set_learners(course, mentor, [students[0]])
    return mentor


def list_rights(person: User, lab: Assignment, student: User) -> dict[str, bool]:
    course = lab.course
    scopes = {
        "course-data": ExportScope.of_course(course),
        "user-access": ExportScope.of_course(course),
        "assignment-csv": ExportScope.of_assignment(lab),
        "student-data": ExportScope.of_student(course, student),
    }
    return {name: can_request(person, name, scope) for name, scope in scopes.items()}


def test_a_mentor_exports_learners_and_not_the_course(
    lab: Assignment, students: tuple[User, User], mentor: User
) -> None:
    ada, ben = students

    rights = [list_rights(mentor, lab, student) for student in students]

    assert rights[0] == {
        "course-data": False,
        "user-access": False,
        "assignment-csv": False,
        "student-data": True,
    }
    assert rights[1]["student-data"] is False
    opened = [can_view_project(mentor, s.projects.get()) for s in (ada, ben)]
    assert opened == [True, False]


def test_an_export_of_the_course_is_not_shown_to_a_mentor(
    course: Course, mentor: User
) -> None:
    teacher = factories.make_teacher(course)
    export = factories.make_export(course, teacher, state=ExportState.READY)

    assert list_course_exports(teacher, course) == [export]
    assert list_course_exports(mentor, course) == []


def test_without_learners_and_as_an_admin_everybody_is_seen(
    course: Course, lab: Assignment, students: tuple[User, User], mentor: User
) -> None:
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    set_learners(course, admin, [students[0]])
    set_learners(course, mentor, [])

    for person in (admin, mentor, factories.make_teacher(course)):
        assert set(list_rights(person, lab, students[1]).values()) == {True}


def test_pages_show_a_mentor_their_learners(
    client: Client, course: Course, lab: Assignment, mentor: User
) -> None:
    client.force_login(mentor, "django.contrib.auth.backends.ModelBackend")

    for path in ("students", f"assignments/{lab.pk}"):
        page = client.get(f"/courses/{course.pk}/{path}/").content.decode()
        assert ("Ada Example" in page, "Ben Example" in page) == (True, False)
    client.post(reverse("course-exports", args=[course.pk]))
    assert not Export.objects.exists()
