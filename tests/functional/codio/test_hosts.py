"""The Codio-compatible API on host names of its own, beside its prefix."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.api.application import api
from bookbag.domain.courses.models import Course
from tests.functional.codio.conftest import Service

OAUTH, API = "oauth.example.edu", "octopus.example.edu"


@pytest.fixture(autouse=True)
def hosts(settings: Settings) -> None:
    settings.BOOKBAG_CODIO_OAUTH_HOST = OAUTH
    settings.BOOKBAG_CODIO_API_HOST = f"{API}:8443"
    settings.ALLOWED_HOSTS = ["testserver", OAUTH, API]


def ask(host: str, path: str, method: str = "get", token: str = "") -> Any:
    client = Client(raise_request_exception=False, HTTP_HOST=host)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return getattr(client, method)(path, headers=headers)


def test_addresses_begin_with_the_host_that_was_asked(
    service: Service, course: Course
) -> None:
    path = f"/api/v1/courses/{course.pk}/export/workdata"

    task = ask(f"{API}:8443", path, "post", service.token).json()
    again = service.post(f"/courses/{course.pk}/export/workdata")

    assert task["taskUri"].startswith(f"https://{API}:8443{path}/progress/")
    assert again["taskUri"].startswith(f"https://bookbag.example.edu/codio{path}/")
    assert task["taskId"] == again["taskId"]


@pytest.mark.parametrize("host", [OAUTH, API])
@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/api/v1/openapi.json", "/operator/", "/courses"]
)
def test_there_are_no_pages_on_these_hosts(db: None, host: str, path: str) -> None:
    answer = ask(host, path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert not answer.cookies


def test_nothing_of_it_is_in_the_description_of_the_other_api() -> None:
    described = str(api.get_openapi_schema()["paths"])

    assert "/exports" in described
    for word in ("codio", "courses_list", "workdata", "filterLearners"):
        assert word not in described


def test_the_pages_have_none_of_these_addresses(service: Service) -> None:
    assert (
        ask("testserver", "/api/v1/courses_list", token=service.token).status_code
        != 200
    )
    assert ask("testserver", "/accounts/login/").status_code == 200
    assert ask(OAUTH, "/api/v1/token").json()["message"].startswith("Found grant_type")
