"""Schedules over the API: making, reading, changing, and for whom."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from tests import factories
from tests.functional.api.conftest import ApiClient, api_of

NOW = datetime(2027, 3, 26, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def teacher(course: Course) -> User:
    return factories.make_teacher(course)


@pytest.fixture
def teaching(teacher: User) -> ApiClient:
    return api_of(teacher)


def wanted(course: Course, **changes: object) -> dict[str, object]:
    return {
        "identifier": "course-data",
        "scope": {"course_id": course.pk},
        "rule": "freq=daily",
        "first_day": "2027-01-01",
        "time": "02:30",
        "time_zone": "Europe/Berlin",
    } | changes


def test_a_schedule_is_made_and_shows_its_next_runs(
    teaching: ApiClient, teacher: User, course: Course
) -> None:
    answer = teaching.post("/schedules", wanted(course))

    made = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, made["url"])
    assert made["rule"] == "FREQ=DAILY"
    assert made["owner"] == {"id": teacher.pk, "name": teacher.full_name}
    # The clock jumps over 02:30 in the night of 28 March.
    assert made["next_runs"] == [
        "2027-03-27T01:30:00Z",
        "2027-03-28T01:30:00Z",
        "2027-03-29T00:30:00Z",
        "2027-03-30T00:30:00Z",
        "2027-03-31T00:30:00Z",
    ]
    assert teaching.get(f"/schedules/{made['id']}").json() == made
    assert teaching.get("/schedules?state=active").json()["items"] == [made]
    assert teaching.get("/schedules?state=paused").json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"rule": "FREQ=NOW"}, 422, "schedule_rule_invalid"),
        ({"time_zone": "Mars/Base"}, 422, "schedule_rule_invalid"),
        ({"time": "25:00"}, 422, "request_invalid"),
        ({"identifier": "none"}, 422, "export_definition_not_found"),
        ({"options": {"reading": "no"}}, 422, "export_options_invalid"),
        ({"scope": {"course_id": 10**9}}, 404, "not_found"),
        ({"scope": {}}, 422, "export_scope_mismatch"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(
    teaching: ApiClient,
    course: Course,
    changes: dict[str, object],
    status: int,
    code: str,
) -> None:
    answer = teaching.post("/schedules", wanted(course, **changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Schedule.objects.exists()


def test_a_schedule_is_changed_rests_goes_on_and_is_deleted(
    teaching: ApiClient, course: Course
) -> None:
    path = f"/schedules/{teaching.post('/schedules', wanted(course)).json()['id']}"
    changes = {"rule": "FREQ=WEEKLY;BYDAY=MO", "options": {"reading": "all"}}

    changed = teaching.ask("PATCH", path, changes)
    paused = teaching.post(f"{path}/pause").json()
    resumed = teaching.post(f"{path}/resume").json()
    deleted = teaching.ask("DELETE", path)

    assert changed.json()["options"] == {"reading": "all"}
    assert changed.json()["time"] == "02:30"
    assert (paused["state"], paused["next_runs"]) == ("paused", [])
    assert (resumed["state"], len(resumed["next_runs"])) == ("active", 5)
    assert deleted.status_code == 204
    assert teaching.get(path).status_code == 404


def test_its_runs_are_listed_with_what_became_of_them(
    teaching: ApiClient, course: Course, teacher: User
) -> None:
    schedule = factories.make_schedule(course, teacher)
    ScheduleRun.objects.create(
        schedule=schedule,
        planned_at=NOW,
        state="failed",
        failure_code="export_permission_refused",
        failure_sentence="The person has no right to this export.",
        missed_count=2,
    )

    (run,) = teaching.get(f"/schedules/{schedule.pk}/runs").json()["items"]

    assert run["failure"] == {
        "code": "export_permission_refused",
        "detail": "The person has no right to this export.",
    }
    assert (run["state"], run["missed_count"]) == ("failed", 2)


def test_admins_see_and_pause_it_and_only_the_owner_changes_it(
    api: ApiClient, course: Course, teacher: User
) -> None:
    path = f"/schedules/{factories.make_schedule(course, teacher).pk}"
    colleague = api_of(factories.make_teacher(course))

    assert api.post(f"{path}/pause").json()["state"] == "paused"
    assert api.ask("PATCH", path, {}).status_code == 403
    for client in (colleague, api_of(factories.make_user())):
        assert client.get(path).status_code == 404
        assert client.get("/schedules").json()["items"] == []
    assert api.get(f"/schedules/{uuid.uuid4()}").status_code == 404


def test_a_token_that_only_reads_makes_no_schedule(
    course: Course, teacher: User
) -> None:
    reading = api_of(teacher, "exports:read")

    answer = reading.post("/schedules", wanted(course))

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
