"""Pages of schedules: what can be chosen, by whom, and what is said of a fault."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from tests import factories

pytestmark = pytest.mark.django_db

FIELDS = {
    "repeat": "weekly",
    "days": ["TU", "MO"],
    "clock_time": "02:30",
    "time_zone": "Europe/Berlin",
    "until": "",
    "rule": "",
    "option_reading": "changed",
}


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def teacher(client: Client, course: Course) -> User:
    person = factories.make_teacher(course)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return person


def address(course: Course, what: str) -> str:
    path = reverse("schedule-new", kwargs={"slug": course.workspace.slug})
    return f"{path}?what={what}"


def fields(**changes: object) -> dict[str, object]:
    tomorrow = timezone.now() + timedelta(days=1)
    return FIELDS | {"first_day": f"{tomorrow:%Y-%m-%d}"} | changes


def test_a_schedule_is_made_of_friendly_choices(
    client: Client, course: Course, teacher: User
) -> None:
    answer = client.post(address(course, f"course-data:{course.pk}"), fields())

    schedule = Schedule.objects.get()
    assert answer["Location"] == f"/schedules/{schedule.pk}/"
    assert (schedule.owner, schedule.course) == (teacher, course)
    assert schedule.rule == "FREQ=WEEKLY;BYDAY=MO,TU"
    assert schedule.next_run_at is not None
    shown = client.get(answer["Location"])
    assert "Every Monday, Tuesday" in shown.content.decode()
    assert shown.content.decode().count("<time datetime") >= 5


def test_a_preview_shows_five_runs_and_makes_nothing(
    client: Client, course: Course, teacher: User
) -> None:
    answer = client.post(
        address(course, f"course-data:{course.pk}"),
        fields(preview="1"),
        headers={"HX-Request": "true"},
    )

    assert answer.content.decode().count("<li>") == 5
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"days": []}, "Found no day, expected at least one."),
        ({"repeat": "rule", "rule": "FREQ=NOW"}, "Found FREQ=NOW, expected one of"),
        ({"until": "2001-01-01"}, "Found a rule without a run from now on"),
        ({"time_zone": "Mars/Base"}, "Select a valid choice. Mars/Base"),
        ({"option_reading": "none"}, "Select a valid choice. none"),
        ({"clock_time": "25:00"}, "Enter a valid time."),
    ],
)
def test_a_wrong_choice_is_said_beside_it(
    client: Client,
    course: Course,
    teacher: User,
    changes: dict[str, object],
    message: str,
) -> None:
    answer = client.post(address(course, f"course-data:{course.pk}"), fields(**changes))

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Schedule.objects.exists()


def test_every_kind_of_thing_can_be_scheduled(client: Client, course: Course) -> None:
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    assignment = factories.make_assignment(course)
    student = factories.enrol(course)
    project = factories.make_project(assignment, student)
    wanted = [
        "users",
        "my-data",
        f"user-access:{course.pk}",
        f"assignment-data:{assignment.pk}",
        f"student-csv:{course.pk}:{student.pk}",
        f"project-zip:{project.pk}",
    ]

    for what in wanted:
        page = client.get(address(course, what))
        assert page.status_code == 200, what
        form = page.context["form"]
        chosen = {f.html_name: f.value() or "" for f in form.option_fields()}
        answer = client.post(address(course, what), fields(**chosen))
        assert answer.status_code == 302, (what, form.errors)

    assert Schedule.objects.count() == len(wanted)


def test_what_is_not_the_persons_cannot_be_scheduled(
    client: Client, course: Course, teacher: User
) -> None:
    other = factories.make_course("CS102")
    student = factories.enrol(other)
    status = {
        what: client.get(address(course, what)).status_code
        for what in (
            *("users", "unknown", "course-data", "course-data:x"),
            f"course-data:{other.pk}",
            f"student-data:{course.pk}:{student.pk}",
            f"assignment-data:{factories.make_assignment(other).pk}",
        )
    }

    assert status == dict.fromkeys(status, 404) | {"users": 403}


def test_the_list_shows_what_became_of_the_last_run(
    client: Client, course: Course, teacher: User
) -> None:
    schedule = factories.make_schedule(course, teacher)
    ScheduleRun.objects.create(
        schedule=schedule,
        planned_at=datetime(2026, 11, 1, tzinfo=UTC),
        state="failed",
        failure_sentence="The disk is full.",
        missed_count=3,
    )
    path = reverse("schedules", kwargs={"slug": course.workspace.slug})

    listed = client.get(path).content.decode()
    shown = client.get(f"/schedules/{schedule.pk}/").content.decode()

    assert "Every day" in listed
    assert "Failed" in listed
    assert "The disk is full." in shown
    assert "Stands for 3 more runs that were missed." in shown


def test_the_owner_pauses_changes_and_deletes_a_schedule(
    client: Client, course: Course, teacher: User
) -> None:
    schedule = factories.make_schedule(course, teacher)
    path = f"/schedules/{schedule.pk}/"

    client.post(f"{path}pause")
    assert "Paused" in client.get(path).content.decode()
    client.post(f"{path}change/", fields(repeat="once"))
    schedule.refresh_from_db()
    assert (schedule.state, schedule.rule) == ("active", "FREQ=DAILY;COUNT=1")
    client.post(f"{path}delete")
    assert not Schedule.objects.exists()


def test_a_rule_that_has_ended_cannot_go_on(
    client: Client, course: Course, teacher: User
) -> None:
    schedule = factories.make_schedule(
        course,
        teacher,
        rule="FREQ=DAILY;COUNT=1",
        state="paused",
        next_run_at=None,
        first_day=timezone.now().date() - timedelta(days=3),
    )

    answer = client.post(f"/schedules/{schedule.pk}/resume", follow=True)

    assert "Found a rule without a run from now on" in answer.content.decode()
