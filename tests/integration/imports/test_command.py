"""``bookbag import``: the same checks, jobs and words as on the pages."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bookbag.cli.app import app
from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import User
from bookbag.imports.errors import ImportChoiceError, ImportRefusedError
from tests import factories
from tests.factories_files import write_work
from tests.integration.imports.conftest import list_files
from tests.unit.archive.malicious import REFUSED, zipped
from tests.unit.packing.bags import expect, write

# The lease keeper of a job writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def person(ada: User) -> User:
    return ada


def run(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", str(file), "--user=ada", *arguments])


def test_a_project_is_imported_with_what_was_said(ada: User, tmp_path: Path) -> None:
    stack = factories.make_stack(ada.memberships.get().workspace)
    (tmp_path / "snake.zip").write_bytes(zipped(b"a", b"b"))

    done = run(
        tmp_path / "snake.zip",
        *("--name=My snake", "--description=A game"),
        *("--visibility=workspace", "--stack=Python 3.11"),
    )

    project = Project.objects.get()
    assert done.exit_code == 0, done.output
    assert "Imported My snake: /ada/my-snake" in done.output
    assert (project.name, project.stack) == ("My snake", stack)
    assert (project.description, project.visibility) == ("A game", "workspace")


def test_a_dry_run_says_what_would_be_and_changes_nothing(
    tmp_path: Path, disk: Path
) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "CON").write_text("odd")
    write(tmp_path / "it.zip", expect({"ada": tmp_path / "ada"}))

    done = run(tmp_path / "it.zip", "--dry-run")

    assert done.exit_code == 0, done.output
    for words in ("lab1 (ada)", "Nothing was changed (dry run)."):
        assert words in done.output
    assert not Project.objects.exists()
    assert list_files(disk) == []


def test_only_what_is_named_is_imported(tmp_path: Path, disk: Path) -> None:
    roots = {name: write_work(tmp_path / name, name) for name in ("ada", "ben")}
    write(tmp_path / "it.zip", expect(roots))

    wrong = run(tmp_path / "it.zip", "--only=lab1/zoe")
    done = run(tmp_path / "it.zip", "--only=lab1/ben")

    assert isinstance(wrong.exception, ImportChoiceError)
    assert "expected one of lab1/ada, lab1/ben" in str(wrong.exception)
    assert done.exit_code == 0, done.output
    assert Project.objects.get().name == "lab1 (ben)"
    assert not (disk / "uploads").exists() or list_files(disk / "uploads") == []


def test_every_malicious_archive_is_refused_by_the_command(
    tmp_path: Path, disk: Path
) -> None:
    for name, (build, sentence) in REFUSED.items():
        (tmp_path / "it.zip").write_bytes(build())

        done = run(tmp_path / "it.zip")

        assert isinstance(done.exception, ImportRefusedError), name
        assert sentence in str(done.exception), name
    assert list_files(disk) == []
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--user=nobody",), "Found nobody called 'nobody'"),
        (("--workspace=Other",), "Found 0 workspaces of ada"),
        (("--stack=Rust 1",), "Found no stack 'Rust 1' in the catalogue"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, disk: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "it.zip").write_bytes(zipped(b"a"))

    done = run(tmp_path / "it.zip", *arguments)

    assert isinstance(done.exception, ImportChoiceError)
    assert sentence in str(done.exception)
    assert list_files(disk) == []
