"""Opening and closing projects: recorded once each, whoever notices the end."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookbag.domain.activity import recording
from bookbag.domain.activity.models import AccessEvent, ProjectVisit
from bookbag.domain.activity.recording import Stay
from bookbag.domain.activity.retention import close_idle_visits
from bookbag.domain.courses.models import Project
from tests import factories

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
Recorded = list[tuple[AccessEvent, Stay]]


@pytest.fixture
def project() -> Project:
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab One")
    return factories.make_project(lab, factories.enrol(course, "ada"))


def write(recorded: Recorded) -> None:
    recording.write_events(recorded)
    recorded.clear()


def open_page(client: Client, project: Project, recorded: Recorded) -> str:
    answer = client.get(f"/projects/{project.pk}/", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200
    write(recorded)
    return ProjectVisit.objects.latest("pk").key


def shown() -> list[tuple[str, str, str, str | None]]:
    fields = ("access_type", "role", "project_path", "ip_address")
    return list(AccessEvent.objects.order_by("pk").values_list(*fields))


def test_a_page_that_is_opened_and_left_is_two_events(
    client: Client, project: Project, recorded: Recorded
) -> None:
    sign_in = {"login": "ada", "password": factories.PASSWORD}
    client.post("/accounts/login/", sign_in, REMOTE_ADDR="192.0.2.1")
    recorded.clear()

    key = open_page(client, project, recorded)
    answer = client.post(f"/projects/{project.pk}/visits/{key}/close")
    write(recorded)

    assert answer.status_code == 204
    # The address is that of the log-in, not of the page.
    assert shown() == [
        ("Project Open", "Student", "/ada/lab-one", "192.0.2.1"),
        ("Project Close", "Student", "/ada/lab-one", "192.0.2.1"),
    ]
    event = AccessEvent.objects.latest("pk")
    assert event.assignment == project.assignment
    assert not ProjectVisit.objects.exists()


def test_a_teacher_opens_it_as_a_teacher(
    client: Client, project: Project, recorded: Recorded
) -> None:
    course = factories.assignment_of(project).course
    client.force_login(factories.make_teacher(course), BACKEND)
    recorded.clear()

    open_page(client, project, recorded)

    assert [role for _, role, _, _ in shown()] == ["Teacher"]


def test_asking_for_the_head_opens_nothing(
    client: Client, project: Project, recorded: Recorded
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()

    assert client.head(f"/projects/{project.pk}/").status_code == 200
    assert recorded == []


def test_a_page_that_is_silent_is_closed_when_it_was_last_heard_of(
    client: Client, project: Project, recorded: Recorded
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()
    key = open_page(client, project, recorded)
    last_seen = timezone.now() - timedelta(minutes=6)
    ProjectVisit.objects.update(seen_at=last_seen)

    assert (close_idle_visits(), close_idle_visits()) == (1, 0)
    client.post(f"/projects/{project.pk}/visits/{key}/close")

    assert recorded == []
    closed = AccessEvent.objects.get(access_type="Project Close")
    assert closed.occurred_at == last_seen


def test_a_page_that_says_it_is_open_stays_open(
    client: Client, project: Project, recorded: Recorded
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()
    key = open_page(client, project, recorded)
    ProjectVisit.objects.update(seen_at=timezone.now() - timedelta(minutes=6))

    answer = client.post(f"/projects/{project.pk}/visits/{key}/seen")

    assert answer.json() == {"key": key}
    assert close_idle_visits() == 0


def test_a_page_that_wakes_up_opens_it_again(
    client: Client, project: Project, recorded: Recorded
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()
    key = open_page(client, project, recorded)
    ProjectVisit.objects.update(seen_at=timezone.now() - timedelta(minutes=6))
    close_idle_visits()

    answer = client.post(f"/projects/{project.pk}/visits/{key}/seen")
    write(recorded)

    assert answer.json()["key"] == ProjectVisit.objects.get().key != key
    kinds = [kind for kind, _, _, _ in shown()]
    assert kinds == ["Project Open", "Project Close", "Project Open"]


def test_two_workers_close_one_visit_once(
    client: Client, project: Project, recorded: Recorded
) -> None:
    client.force_login(project.owner, BACKEND)
    recorded.clear()
    open_page(client, project, recorded)
    visit = ProjectVisit.objects.get()

    for minutes in (1, 2):
        closed_at = timezone.now() + timedelta(minutes=minutes)
        event = recording.make_closing_event(visit, closed_at)
        recording.write_events([(event, visit)])

    assert AccessEvent.objects.filter(access_type="Project Close").count() == 1
