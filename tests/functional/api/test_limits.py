"""Rate limits over the API: told by headers, and held."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from bookbag.domain.people.models import User
from tests.functional.api.conftest import ApiClient, api_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _still_clock() -> Iterator[None]:
    """Nothing happens in two windows."""
    with time_machine.travel("2026-11-28T10:00:30Z", tick=False):
        yield


def test_each_answer_says_where_the_caller_is(
    api: ApiClient, settings: Settings
) -> None:
    settings.BOOKBAG_API_RATE = 3

    answers = [api.get("/catalogue"), api.get("/courses/1"), api.get("/nowhere")]

    assert answers[0]["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert [answer["RateLimit"].partition(";t=")[0] for answer in answers[:2]] == [
        '"minute";r=2',
        '"minute";r=1',
    ]
    assert "RateLimit" not in answers[2]  # nobody was asked for who calls


def test_one_too_many_is_told_when_to_come_again(
    api: ApiClient, admin: User, settings: Settings
) -> None:
    settings.BOOKBAG_API_RATE = 2

    answers = [api.get("/catalogue") for _ in range(3)]
    other = api_of(admin).get("/catalogue")

    refused = answers[2]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refused.json()["code"] == "rate_exceeded"
    assert refused["Retry-After"] == "30"
    assert refused["RateLimit"] == '"minute";r=0;t=30'
    assert other.status_code == 200  # each token has its own count
