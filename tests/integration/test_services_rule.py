"""The rule for tests that need what this machine may lack."""

from collections.abc import Callable

import psycopg
import pytest
import redis

from tests import services

FIND_NOTHING: dict[str, Callable[[], str | None]] = {
    "redis": lambda: "Redis does not answer"
}


def test_it_skips_with_the_reason_where_a_service_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "FAULT_FINDERS", FIND_NOTHING)
    monkeypatch.delenv("BOOKBAG_REQUIRE_SERVICES", raising=False)

    with pytest.raises(pytest.skip.Exception, match=r"^Redis does not answer$"):
        services.require_service("redis")


def test_it_fails_where_everything_has_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "FAULT_FINDERS", FIND_NOTHING)
    monkeypatch.setenv("BOOKBAG_REQUIRE_SERVICES", "1")

    with pytest.raises(pytest.fail.Exception, match="and BOOKBAG_REQUIRE_SERVICES=1"):
        services.require_service("redis")


def test_it_names_a_program_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOOKBAG_REQUIRE_SERVICES", raising=False)

    with pytest.raises(pytest.skip.Exception, match="'no-such-program' is not"):
        services.require_program("no-such-program")


@pytest.mark.postgres
def test_each_test_gets_an_empty_postgres_database(postgres_database: str) -> None:
    with psycopg.connect(postgres_database) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()

    assert row == (0,)


@pytest.mark.redis
def test_each_test_gets_an_empty_redis_database(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        assert client.dbsize() == 0
