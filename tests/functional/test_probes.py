"""What machines ask a web server, and what they may learn."""

import pytest
from django.test import Client
from pytest_django import Settings

TOKEN = "metrics-token-of-a-test"  # noqa: S105


def fail() -> None:
    message = "secret reason"
    raise ConnectionError(message)


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "testserver"])
def test_it_lives_by_any_address_and_without_a_database(
    client: Client, host: str
) -> None:
    response = client.get("/healthz", headers={"host": host})

    assert (response.status_code, response.content) == (200, b"alive\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_it_is_ready_when_everything_answers(client: Client) -> None:
    response = client.get("/readyz", headers={"host": "10.1.2.3"})

    assert (response.status_code, response.json()) == (
        200,
        {"ready": True, "unready": []},
    )


@pytest.mark.django_db
def test_it_names_what_does_not_answer_and_not_why(
    client: Client, settings: Settings
) -> None:
    settings.BOOKBAG_QUEUE_PROBE = f"{__name__}.fail"
    settings.BOOKBAG_STORAGE_URL = "file:///proc/nowhere"

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"ready": False, "unready": ["queue", "storage"]}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
def test_a_probe_changes_nothing(client: Client, path: str) -> None:
    assert client.post(path).status_code in (403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("authorization", ["", "Bearer other", f"Basic {TOKEN}", "é"])
def test_metrics_need_the_token(
    client: Client, settings: Settings, authorization: str
) -> None:
    settings.BOOKBAG_METRICS_TOKEN = TOKEN

    response = client.get("/metrics", headers={"authorization": authorization})

    assert response.status_code == 404


@pytest.mark.django_db
def test_no_token_no_metrics(client: Client) -> None:
    assert (
        client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    )


@pytest.mark.django_db
def test_metrics_are_for_whoever_has_the_token(
    client: Client, settings: Settings
) -> None:
    settings.BOOKBAG_METRICS_TOKEN = TOKEN

    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})

    assert response.status_code == 200
    assert b"bookbag_queue_age_seconds 0.0" in response.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("0123456789abcdef", True),
        ("short", False),
        ("a" * 65, False),
        ("x y z x y z", False),
    ],
)
def test_a_request_has_a_name(client: Client, *, sent: str, is_kept: bool) -> None:
    response = client.get("/accounts/login/", headers={"x-request-id": sent})

    assert (response["X-Request-ID"] == sent) is is_kept
    assert len(response["X-Request-ID"]) >= 8
