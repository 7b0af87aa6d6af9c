"""A database beside the site's own, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import dj_database_url
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

ALIAS = "rows"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Django's alias of an empty database."""
    url = f"sqlite:///{tmp_path}/odd%2520name.sqlite3"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    described = connections.configure_settings({"default": dj_database_url.parse(url)})
    connections.settings[ALIAS] = described["default"]
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            connections[ALIAS].cursor().execute("PRAGMA journal_mode=WAL")
        yield ALIAS
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]
