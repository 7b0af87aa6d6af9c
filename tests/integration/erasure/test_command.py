"""``bookbag erase``: asks first, and says what it did and did not reach."""

import json

import pytest
import typer
from typer.testing import CliRunner

from bookbag.cli.erasing import erase
from bookbag.domain.people.models import User
from bookbag.erasure.errors import ErasureError
from tests import factories

pytestmark = pytest.mark.django_db
app = typer.Typer()
app.command()(erase)


@pytest.fixture
def ada() -> User:
    course = factories.make_course()
    ada = factories.enrol(course, "ada")
    factories.make_project(factories.make_assignment(course), ada, "/")
    return ada


@pytest.mark.usefixtures("ada")
def test_nobody_is_erased_unless_somebody_is_sure() -> None:
    done = CliRunner().invoke(app, ["ada"], input="n\n")

    assert done.exit_code == 1
    assert User.objects.filter(username="ada").exists()


@pytest.mark.usefixtures("ada")
def test_it_says_what_it_did_and_what_stays() -> None:
    done = CliRunner().invoke(app, ["ada@example.edu", "--yes", "--json"])

    document = json.loads(done.stdout)
    assert document["kept_folders"] == ["/"]
    assert document["rows"] >= 3
    assert document["pseudonym"].startswith("erased-")
    assert not User.objects.filter(username="ada").exists()


def test_nobody_of_that_name_is_refused() -> None:
    done = CliRunner().invoke(app, ["nobody", "--yes"])

    assert isinstance(done.exception, ErasureError)
