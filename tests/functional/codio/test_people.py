"""Students, teachers, mentors and progress over the Codio-compatible API."""

import pytest

from bookbag.domain.courses.models import Assignment, Course, Enrolment, Progress
from bookbag.domain.people.models import Member, MemberRole
from bookbag.domain.teaching.models import MentorLearner
from bookbag.domain.teaching.services import extend_time
from tests import factories
from tests.functional.codio.conftest import Service

DATES = ["2026-11-20T08:00:00+00:00", "2026-11-23T08:00:00+00:00"]


@pytest.fixture
def lab(course: Course) -> Assignment:
    return factories.make_assignment(course, "Loops")


def test_students_and_teachers_are_those_who_are_in_the_course(
    service: Service, course: Course
) -> None:
    ada = factories.enrol(course, "ada")
    factories.enrol(course, "gone", is_removed=True)
    tim = factories.make_teacher(course, "tim")

    lists = [service.get(f"/courses/{course.pk}/{w}") for w in ("students", "teachers")]

    assert lists == [
        [
            {
                "id": str(person.pk),
                "name": person.full_name,
                "login": person.username,
                "email": person.email,
            }
        ]
        for person in (ada, tim)
    ]


@pytest.mark.parametrize(
    ("role", "is_read_only"), [(MemberRole.MEMBER, True), (MemberRole.OWNER, False)]
)
def test_a_member_becomes_a_teacher_and_an_owner_never_a_read_only_one(
    service: Service, course: Course, role: str, is_read_only: bool
) -> None:
    tim = factories.make_member(course.workspace, "tim", role=role)

    body = {"userId": str(tim.pk), "readOnly": True}
    answer = service.post(f"/courses/{course.pk}/teachers", body)

    assert answer == {"completed": True}
    assert Enrolment.objects.get(user=tim).is_read_only is is_read_only


def test_who_is_no_member_cannot_become_a_teacher(
    service: Service, course: Course
) -> None:
    elsewhere = factories.make_member(factories.make_workspace())
    former = factories.make_member(course.workspace)
    Member.objects.filter(user=former).update(status="Deactivated")

    for person in (elsewhere, former):
        body = {"userId": str(person.pk)}
        answer = service.refused("POST", f"/courses/{course.pk}/teachers", body)
        assert answer == (404, f"Found no member, expected one: '{person.pk}'")


def test_a_list_of_students_says_how_far_each_is(
    service: Service, course: Course, lab: Assignment
) -> None:
    ada, ben = (factories.enrol(course, name) for name in ("ada", "ben"))
    Progress.objects.create(assignment=lab, student=ada, completed_dates=DATES,
                            final_grade=80.5, seconds_spent=60)  # fmt: skip
    extend_time(lab, ben, {"deadline_minutes": 30})

    rows = service.get(f"/courses/{course.pk}/assignments/{lab.pk}/students")

    assert rows[0] == {
        "student_id": str(ada.pk),
        "student_email": ada.email,
        "student_name": ada.full_name,
        "seconds_spent": 60,
        "grade": 80.5,
        "extra_credit": None,
        "status": "COMPLETED",
        "completion_date": {"seconds": 1795420800},
        "extendedDeadline": None,
        "extendedTimeLimit": None,
        "deadlineExtension": None,
        "timeLimitExtension": None,
    }
    assert rows[1]["status"] == "NOT_STARTED"
    assert rows[1]["extendedDeadline"] == rows[1]["deadlineExtension"] == 30
    assert {rows[1][name] for name in ("grade", "completion_date")} == {None}


@pytest.mark.parametrize("name", ["pk", "email", "username"])
def test_a_student_is_found_by_identifier_address_or_name(
    service: Service, course: Course, lab: Assignment, name: str
) -> None:
    ada = factories.enrol(course, "ada")
    Progress.objects.create(assignment=lab, student=ada, completed_dates=DATES)

    (row,) = service.get(f"/courses/{course.pk}/students/{getattr(ada, name)}/progress")

    progress = row.pop("progress")
    assert row == {
        "assignment_name": "Loops",
        "assignment_id": str(lab.pk),
        "module_name": "Module 1",
        "module_id": str(lab.module.pk),
        "started": True,
    }
    assert progress == {
        "seconds_spent": None,
        "grade": None,
        "status": "COMPLETED",
        "completion_date": "2026-11-23T08:00:00Z",
        "extended_deadline": None,
        "extended_time_limit": None,
    }


def test_where_nothing_is_known_there_is_no_progress(
    service: Service, course: Course, lab: Assignment
) -> None:
    factories.enrol(course, "ada")

    (row,) = service.get(f"/courses/{course.pk}/students/ada/progress")

    assert (row["started"], "progress" in row) == (False, False)


def test_mentors_get_their_learners_all_or_none(
    service: Service, course: Course
) -> None:
    mentor, ada = factories.make_teacher(course), factories.enrol(course, "ada")
    good = {"mentorId": str(mentor.pk), "learnerIds": [str(ada.pk)]}
    bad = {"mentorId": str(mentor.pk), "learnerIds": ["nobody"]}
    path = f"/courses/{course.pk}/filterLearnersForMentors"

    refused = service.refused("POST", path, [good, bad])
    assert refused == (404, "Found no student, expected one: 'nobody'")
    assert not MentorLearner.objects.exists()

    assert service.post(path, [good]) == {"completed": True}
    assert MentorLearner.objects.get().learner == ada
