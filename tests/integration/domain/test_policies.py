from collections.abc import Callable

import pytest

from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole
from bookbag.domain.people.models import MemberRole, MemberStatus, User
from bookbag.domain.policies import (
    can_administer_workspace,
    can_change_course,
    can_export_course,
    can_view_course,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return factories.make_course()


PEOPLE: dict[str, Callable[[Course], User]] = {
    "owner": lambda c: factories.make_member(c.workspace, role=MemberRole.OWNER),
    "admin": lambda c: factories.make_member(c.workspace, role=MemberRole.ADMIN),
    "teacher": factories.make_teacher,
    "read-only teacher": lambda c: factories.make_teacher(c, is_read_only=True),
    "student": factories.enrol,
    "member": lambda c: factories.make_member(c.workspace),
    "staff": lambda c: factories.make_member(c.workspace, role=MemberRole.STAFF),
    "removed teacher": lambda c: factories.make_teacher(c, is_removed=True),
    "teacher of another course": lambda _: factories.make_teacher(
        factories.make_course("CS102")
    ),
    "admin of another workspace": lambda _: factories.make_member(
        factories.make_workspace(), role=MemberRole.ADMIN
    ),
    "superuser": lambda _: factories.make_user(is_superuser=True, is_staff=True),
    "service": lambda c: factories.make_service(c.workspace),
    "service of another workspace": lambda _: factories.make_service(
        factories.make_workspace()
    ),
}


@pytest.mark.parametrize(
    ("who", "may_view", "may_export", "may_change", "may_administer"),
    [
        ("owner", True, True, True, True),
        ("admin", True, True, True, True),
        ("teacher", True, True, True, False),
        ("read-only teacher", True, True, False, False),
        ("student", True, False, False, False),
        ("member", False, False, False, False),
        ("staff", False, False, False, False),
        ("removed teacher", False, False, False, False),
        ("teacher of another course", False, False, False, False),
        ("admin of another workspace", False, False, False, False),
        ("superuser", False, False, False, False),
        ("service", True, True, True, True),
        ("service of another workspace", False, False, False, False),
    ],
)
def test_each_role_has_its_rights_and_no_more(
    course: Course,
    who: str,
    may_view: bool,
    may_export: bool,
    may_change: bool,
    may_administer: bool,
) -> None:
    person = PEOPLE[who](course)

    assert can_view_course(person, course) is may_view
    assert can_export_course(person, course) is may_export
    assert can_change_course(person, course) is may_change
    assert can_administer_workspace(person, course.workspace) is may_administer


def test_a_deactivated_admin_has_no_right(course: Course) -> None:
    person = factories.make_member(
        course.workspace, role=MemberRole.ADMIN, status=MemberStatus.DEACTIVATED
    )

    assert not can_view_course(person, course)
    assert not can_administer_workspace(person, course.workspace)


def test_a_deactivated_teacher_has_no_right(course: Course) -> None:
    person = factories.make_member(course.workspace, status=MemberStatus.DEACTIVATED)
    Enrolment.objects.create(course=course, user=person, role=EnrolmentRole.TEACHER)

    assert not can_export_course(person, course)


def test_an_inactive_account_has_no_right(course: Course) -> None:
    person = factories.make_teacher(course)
    person.is_active = False

    assert not can_export_course(person, course)
