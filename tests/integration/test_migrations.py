"""Models and migrations agree, and databases of today and of before migrate."""

import os
import subprocess
import sys

import pytest

FIRST = (("people", "0001"), ("courses", "0001"), ("exports", "0001"))
"""What the oldest database that we still migrate has."""
# Bookbag's own checks find fault with a database that is not migrated yet.
MIGRATE = ("migrate", "--verbosity=0", "--skip-checks")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def environment(
    request: pytest.FixtureRequest, process_environment: dict[str, str]
) -> dict[str, str]:
    """The environment of a process with an empty database."""
    if request.param == "postgres":
        address = request.getfixturevalue("postgres_database")
        process_environment["DATABASE_URL"] = address
    return process_environment


def run_django(environment: dict[str, str], *words: str) -> str:
    """Run one of Django's commands and return all that it printed."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "django", *words],
        env=environment | {"DJANGO_SETTINGS_MODULE": "bookbag.config.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=os.environ["BOOKBAG_VAR"],
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_models_need_no_further_migration(
    process_environment: dict[str, str],
) -> None:
    printed = run_django(process_environment, "makemigrations", "--check", "--dry-run")

    assert printed == "No changes detected\n"


def test_an_empty_database_migrates(environment: dict[str, str]) -> None:
    run_django(environment, *MIGRATE)

    assert run_django(environment, *MIGRATE, "--check") == ""


def test_the_oldest_database_migrates(environment: dict[str, str]) -> None:
    for application, migration in FIRST:
        run_django(environment, *MIGRATE, application, migration)
    before = run_django(environment, "showmigrations", "--plan")

    run_django(environment, *MIGRATE)

    assert "[ ]" in before
    assert "[ ]" not in run_django(environment, "showmigrations", "--plan")
