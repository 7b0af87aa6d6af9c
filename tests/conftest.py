"""Fixtures of all tests: the services of this machine, and a run's own folder."""

import os
import secrets
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings
from psycopg import sql

from tests import services
from tests.emptying import emptied_quickly as emptied_quickly
from tests.stores import SftpServer, StoreServer

# Machines are noisy, so that no test is one of time.
settings.register_profile(
    "untimed",
    settings(),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out, where a database was chosen, the tests that do not use it.

    What starts processes of Bookbag gives them a database of their own, so it would
    only show once more what the run on SQLite shows.
    """
    if "DATABASE_URL" not in os.environ:
        return
    left_out = [item for item in items if not _uses_chosen_database(item)]
    items[:] = [item for item in items if _uses_chosen_database(item)]
    config.hook.pytest_deselected(items=left_out)


def _uses_chosen_database(item: pytest.Item) -> bool:
    names: list[str] = getattr(item, "fixturenames", [])
    is_asked_for = item.get_closest_marker("django_db") or "db" in names
    return bool(is_asked_for) and not any(name.endswith("site") for name in names)


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Access events that were recorded; no thread writes beside a transaction."""
    events: list[object] = []
    recording = import_module("bookbag.domain.activity.recording")
    monkeypatch.setattr(recording.WRITER, "put", events.append)
    return events


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail what needs a service that is not there, before any fixture."""
    for marker in services.FAULT_FINDERS:
        if item.get_closest_marker(marker):
            services.require_service(marker)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a PostgreSQL server on which databases may be created."""
    services.require_service("postgres")
    return services.POSTGRES_URL


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    name = f"bookbag_{secrets.token_hex(8)}"
    quoted = sql.Identifier(name)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
        yield urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


@pytest.fixture
def redis_server() -> Iterator[str]:
    """The address of an empty Redis database of this worker's own."""
    services.require_service("redis")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = services.FIRST_REDIS_DATABASE + int(worker) % 8
    address = urlsplit(services.REDIS_URL)._replace(path=f"/{number}").geturl()
    with redis.Redis.from_url(address) as client:
        client.flushdb()
        yield address
        client.flushdb()


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    """An S3-compatible store of this run's own."""
    with StoreServer(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    """An SFTP server of this run's own."""
    with SftpServer(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium's program."""
    services.require_service("browser")
    return services.find_chromium() or ""


@pytest.fixture
def var_folder(tmp_path: Path) -> Path:
    """A var folder of this test's own, for processes that it starts."""
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def process_environment(var_folder: Path) -> dict[str, str]:
    """The environment of a real ``bookbag`` process that uses ``var_folder``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BOOKBAG_") and name != "DATABASE_URL"
    }
    return kept | {"BOOKBAG_VAR": str(var_folder)}
