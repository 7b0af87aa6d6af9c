"""What some tests need from the machine, and the one rule when it is not there.

A test that needs a server or a program skips with the reason where it is missing, and
fails instead when ``BOOKBAG_REQUIRE_SERVICES=1``, as in ``.ci/run``.
"""

import functools
import os
import shutil
from collections.abc import Callable
from typing import NoReturn

import psycopg
import pytest
import redis

POSTGRES_URL = os.environ.get(
    "BOOKBAG_TEST_POSTGRES_URL",
    "postgresql://bookbag_test:bookbag_test@127.0.0.1:5432/postgres",
)
"""A server on which tests may create databases; ``.ci/services`` makes this one."""
REDIS_URL = os.environ.get("BOOKBAG_TEST_REDIS_URL", "redis://127.0.0.1:6379")
"""A server whose databases 8 to 15 tests may empty."""
FIRST_REDIS_DATABASE = 8
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@functools.cache
def find_fault_of_postgres() -> str | None:
    """Return why PostgreSQL cannot be used, or None."""
    try:
        with psycopg.connect(POSTGRES_URL, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles "
                "WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return f"PostgreSQL does not answer: {str(error).splitlines()[0]}"
    if row is None or not row[0]:
        return "PostgreSQL answers, but its user may not create databases"
    return None


@functools.cache
def find_fault_of_redis() -> str | None:
    """Return why Redis cannot be used, or None."""
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer: {error}"
    return None


@functools.cache
def find_fault_of_chromium() -> str | None:
    """Return why Chromium cannot be used, or None."""
    return None if find_chromium() else "Chromium is not installed"


@functools.cache
def find_chromium() -> str | None:
    """Return the path of Chromium's program, or None."""
    paths = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in paths if path), None)


@functools.cache
def find_fault_of_office() -> str | None:
    """Return why no office program can be used, or None."""
    return None if shutil.which("soffice") else "LibreOffice is not installed"


FAULT_FINDERS: dict[str, Callable[[], str | None]] = {
    "postgres": find_fault_of_postgres,
    "redis": find_fault_of_redis,
    "browser": find_fault_of_chromium,
    "office": find_fault_of_office,
}
"""By the marker of the tests that need it."""


def require_service(marker: str) -> None:
    """Skip or fail the test that runs, unless a service can be used."""
    fault = FAULT_FINDERS[marker]()
    if fault is not None:
        skip_or_fail(fault)


def require_program(name: str) -> str:
    """Return the path of a program; skip or fail the test that runs without it."""
    # Servers are in a folder that not everybody looks into.
    folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    path = shutil.which(name, path=folders)
    if path is None:
        skip_or_fail(f"The program {name!r} is not installed")
    return path


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test that runs, or fail it where everything has to be there."""
    if os.environ.get("BOOKBAG_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and BOOKBAG_REQUIRE_SERVICES=1", pytrace=False)
    pytest.skip(reason)
