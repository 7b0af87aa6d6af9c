"""Tokens of services, by client credentials, as any OAuth 2 client asks for them."""

import base64

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from bookbag.domain.access.callers import find_caller
from bookbag.domain.access.clients import make_client
from bookbag.domain.access.models import ServiceClient
from bookbag.domain.people.models import User, Workspace
from tests.functional.api.conftest import PREFIX, ApiClient

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def credentials(workspace: Workspace, admin: User) -> tuple[str, str]:
    client, secret = make_client(
        workspace,
        name="Records",
        scopes=["courses:read", "exports:write"],
        created_by=admin,
    )
    return client.client_id, secret


def post(form: dict[str, str], **headers: str) -> tuple[int, dict[str, object]]:
    answer = Client().post(
        f"{PREFIX}/oauth/token",
        "&".join(f"{name}={value}" for name, value in form.items()),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )
    return answer.status_code, answer.json()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def test_a_client_gets_a_token_with_its_secret_in_the_form(
    credentials: tuple[str, str],
) -> None:
    client_id, secret = credentials

    status, body = post(GRANT | {"client_id": client_id, "client_secret": secret})

    assert status == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body["scope"] == "courses:read exports:write"
    caller = find_caller(str(body["access_token"]))
    assert caller.client == ServiceClient.objects.get()


def test_a_client_gets_a_token_by_http_basic_for_fewer_scopes(
    credentials: tuple[str, str],
) -> None:
    status, body = post(
        GRANT | {"scope": "exports:read"}, Authorization=basic(*credentials)
    )

    assert (status, body["scope"]) == (200, "exports:read")
    assert list(find_caller(str(body["access_token"])).scopes) == ["exports:read"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        (GRANT | {"scope": "people:write"}, 400, "invalid_scope"),
        (GRANT | {"scope": "courses:eat"}, 400, "invalid_scope"),
        (GRANT | {"client_secret": "another"}, 401, "invalid_client"),
        (GRANT | {"client_id": "unknown"}, 401, "invalid_client"),
    ],
)
def test_what_is_wrong_is_answered_as_the_rfc_says(
    credentials: tuple[str, str], form: dict[str, str], status: int, error: str
) -> None:
    known = {"client_id": credentials[0], "client_secret": credentials[1]}

    found, body = post(known | form)

    assert (found, body["error"]) == (status, error)


@pytest.mark.parametrize("header", ["Basic !", "Basic /w==", "Basic ", "Bearer x"])
def test_credentials_that_cannot_be_read_are_refused(db: None, header: str) -> None:
    assert post(GRANT, Authorization=header)[0] == 401


def test_a_refused_client_is_asked_for_basic_and_nothing_is_cached(db: None) -> None:
    answer = Client().post(
        f"{PREFIX}/oauth/token",
        "grant_type=client_credentials&client_id=x",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer["WWW-Authenticate"] == 'Basic realm="Bookbag"'
    assert answer["Cache-Control"] == "no-store"


def test_tokens_are_rationed(credentials: tuple[str, str], settings: Settings) -> None:
    settings.BOOKBAG_API_RATE = 1
    header = basic(*credentials)

    with time_machine.travel("2026-11-28T10:00:30Z", tick=False):  # one window
        answers = [post(GRANT, Authorization=header) for _ in range(2)]

    assert [status for status, _ in answers] == [200, 429]
    assert answers[1][1]["code"] == "rate_exceeded"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/oauth/token", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
    ],
)
def test_what_django_answers_itself_is_a_problem_too(
    anonymous: ApiClient, method: str, path: str, status: int, code: str
) -> None:
    answer = anonymous.ask(method, path)

    body = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer["Content-Type"] == "application/problem+json"
    assert (body["code"], body["type"]) == (code, f"urn:bookbag:problem:{code}")
    assert body["instance"] == PREFIX + path
    assert answer.get("Allow") == ("POST" if status == 405 else None)
