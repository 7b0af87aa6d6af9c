"""A transaction that is silent for too long ends, so that nobody waits for the dead."""

import time

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from bookbag.config import postgresql
from bookbag.imports.transactions import patient_transaction

SILENCE_SECONDS = 1
SHOW = "SHOW idle_in_transaction_session_timeout"


def test_a_silent_transaction_ends_and_its_locks_are_free(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SHORTEST_SILENCE_SECONDS", SILENCE_SECONDS)
    options = postgresql.make_postgres_options(SILENCE_SECONDS)
    with psycopg.connect(postgres_database, autocommit=True) as other:
        other.execute("CREATE TABLE chain (length integer)")
        other.execute("INSERT INTO chain VALUES (1)")
        silent = psycopg.connect(make_conninfo(postgres_database, **options))
        silent.execute("SELECT length FROM chain FOR UPDATE")
        begin = time.monotonic()

        other.execute("SELECT length FROM chain FOR UPDATE")

        assert time.monotonic() - begin > SILENCE_SECONDS / 2
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            silent.execute("UPDATE chain SET length = 2")
        assert other.execute("SELECT length FROM chain").fetchall() == [(1,)]
        silent.close()


def test_a_short_lease_leaves_time_for_a_busy_machine() -> None:
    words = str(postgresql.make_postgres_options(2)["options"]).split()

    assert "idle_in_transaction_session_timeout=10s" in words


def test_what_the_environment_asks_of_sessions_is_kept(postgres_server: str) -> None:
    options = postgresql.make_postgres_options(
        30, "-c tcp_keepalives_count=7 -c jit=off"
    )
    with psycopg.connect(make_conninfo(postgres_server, **options)) as session:
        assert session.execute("SHOW jit").fetchone() == ("off",)
        silence = session.execute(SHOW).fetchone()

    assert silence == ("30s",)


@pytest.mark.django_db(transaction=True)
def test_reading_a_whole_file_may_take_long() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock and no such limit")
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '5s'")
        with patient_transaction():
            cursor.execute(SHOW)
            assert cursor.fetchone() == ("0",)
        cursor.execute(SHOW)
        assert cursor.fetchone() == ("5s",)
        cursor.execute("RESET idle_in_transaction_session_timeout")
