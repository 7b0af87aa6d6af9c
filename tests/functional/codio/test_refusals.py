"""Everything that is refused is JSON; other workspaces are not there; limits hold."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bookbag.api.codio import calls
from bookbag.api.codio.urls import ADDRESSES
from bookbag.domain.access.clients import make_client
from bookbag.domain.access.limits import RateLimit
from bookbag.domain.access.models import ServiceToken
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import Workspace
from tests import factories
from tests.functional.codio.conftest import PREFIX, Service, service_of

TOKEN = f"{PREFIX}/token"


@pytest.fixture
def parts(course: Course) -> dict[str, object]:
    """A part for each place of an address; all of them are there."""
    lab: Assignment = factories.make_assignment(course, "Loops")
    return {
        "<course_id>": course.pk,
        "<assignment_id>": lab.pk,
        "<student_id>": factories.enrol(course, "ada").pk,
        "<task_id>": "1",
    }


def fill(address: str, parts: dict[str, object]) -> str:
    for name, value in parts.items():
        address = address.replace(name, str(value))
    return f"/{address}"


def iter_calls(parts: dict[str, object]) -> list[tuple[str, str]]:
    """Return every method that every address knows."""
    found = []
    for address in ADDRESSES:
        path = fill(address, parts)
        allowed = Client().generic("PURGE", PREFIX + path)["Allow"]
        found += [(method, path) for method in allowed.split(", ")]
    return found


def test_every_call_needs_a_bearer(parts: dict[str, object]) -> None:
    calls_of_all = iter_calls(parts)

    for token in ("", "wrong"):
        answers = {Service(token).refused(*call)[0] for call in calls_of_all}
        assert answers == {401}
    assert len(calls_of_all) == 35


def test_nothing_of_another_workspace_is_there(
    parts: dict[str, object], stranger: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "BURST", RateLimit(name="b", quota=99, window_seconds=9))
    about_a_course = [c for c in iter_calls(parts) if "/courses/" in c[1]]

    statuses = {call: stranger.refused(*call)[0] for call in about_a_course}

    assert set(statuses.values()) == {404}, statuses
    assert stranger.get("/courses_list")["courses"] == []
    assert stranger.refused("GET", "/courses?name=CS101")[0] == 404


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [(TokenScope.PEOPLE_WRITE, set()), (TokenScope.COURSES_READ, {"GET"})],
)
def test_scopes_decide_what_a_client_may_do(
    workspace: Workspace, course: Course, scope: str, allowed: set[str]
) -> None:
    service = service_of(workspace, scope)

    answered = {
        method
        for method in ("GET", "DELETE")
        if service.ask(method, f"/courses/{course.pk}").status_code == 200
    }

    assert answered == allowed
    start = f"/courses/{course.pk}/export/workdata"
    assert service.refused("POST", start)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/events?limit=50",
        "/stacks/1",
        "/assessment_library",
        "/books/1/versions",
        "/courses/1/update_books",
        "/",
        "/courses/1/",
        "/codio/",
        "/codio/anything/else",
    ],
)
def test_what_is_not_built_is_a_json_404(service: Service, path: str) -> None:
    for method in ("GET", "POST"):
        status, message = service.refused(method, path)
        assert (status, message.startswith("Found no such address")) == (404, True)


def test_a_method_that_an_address_does_not_know_is_named(
    service: Service, course: Course
) -> None:
    answer = service.ask("PUT", f"/courses/{course.pk}")

    assert (answer.status_code, answer["Allow"]) == (405, "DELETE, GET")


@pytest.mark.parametrize("key", ["x", "9" * 40, "-1", "²", "1e3", "0"])
def test_an_identifier_that_is_none_is_not_there(service: Service, key: str) -> None:
    assert service.refused("GET", f"/courses/{key}")[0] == 404


def test_a_body_that_is_no_json_is_refused(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.token}"}

    for body in (b"{", b"\xff", b""):
        answer = Client().post(f"{PREFIX}/courses", body, "text/plain", headers=headers)
        assert answer.status_code == 412
        assert answer.json()["code"] == "request_unreadable"


def test_a_body_that_is_too_large_is_refused(
    service: Service, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    assert service.refused("POST", "/courses", {"name": "a longer name"})[0] == 412


def test_what_fails_here_is_json_and_tells_nothing(
    service: Service, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("bookbag.api.codio.courses.show_course", fail)

    answer = service.ask("GET", f"/courses/{course.pk}")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.content.decode()


def test_a_personal_token_is_not_enough(course: Course) -> None:
    token = factories.make_token(factories.make_teacher(course))

    status, message = Service(token).refused("GET", "/courses_list")

    assert (status, message) == (
        403,
        "Found a personal token, expected one of a service",
    )


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_is_given_for_what_stands_in_the_address(
    workspace: Workspace, method: str
) -> None:
    client, secret = make_client(workspace, name="R", scopes=TokenScope.values,
                                 created_by=factories.make_user())  # fmt: skip
    query = f"grant_type=client_credentials&client_id={client.client_id}"

    answer: Any = getattr(Client(), method)(f"{TOKEN}?{query}&client_secret={secret}")

    given = answer.json()
    assert (answer.status_code, given["token_type"]) == (200, "Bearer")
    assert given["expires_in"] == 3600
    assert answer["Cache-Control"] == "no-store"
    assert Service(given["access_token"]).get("/courses_list")["courses"] == []


def test_credentials_that_are_wrong_or_old_are_refused(service: Service) -> None:
    query = "grant_type=client_credentials&client_id=x&client_secret=y"
    assert Service().refused("GET", f"/token?{query}")[0] == 401
    assert Service().refused("GET", "/token?grant_type=password")[0] == 412
    assert Service().ask("PUT", "/token")["Allow"] == "GET, POST"
    ServiceToken.objects.update(expires_at=timezone.now())
    assert service.refused("GET", "/courses_list")[0] == 401


def test_a_workspace_shares_its_burst(
    workspace: Workspace, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        calls, "BURST", RateLimit(name="b", quota=2, window_seconds=10**8)
    )
    services = [service, service_of(workspace), service]

    answers = [each.ask("GET", "/courses_list") for each in services]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"2"}
    wait = int(answers[-1]["X-RateLimit-Reset"])
    assert 0 < wait <= 10**8 * 10**9
    assert wait % 10**9 == 0
    assert answers[-1]["X-RateLimit-DailyLimit"] == "10000"
    assert service_of(factories.make_workspace()).get("/courses_list")


def test_the_limit_of_a_day_says_that_nothing_is_left(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Windows that do not end between two answers.
    burst = RateLimit(name="b", quota=50, window_seconds=10**8)
    daily = RateLimit(name="d", quota=1, window_seconds=10**8)
    monkeypatch.setattr(calls, "BURST", burst)
    monkeypatch.setattr(calls, "DAILY", daily)

    answers = [service.ask("GET", "/courses_list") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1]["X-RateLimit-DailyLimit-Remaining"] == "0"
    assert answers[1]["X-RateLimit-Remaining"] == "48"
