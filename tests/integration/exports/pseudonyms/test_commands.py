"""``bookbag pseudonyms``: the keys there are, and the end of one."""

import json

import pytest
from typer.testing import CliRunner

from bookbag.cli.pseudonyms import app
from bookbag.domain.courses.models import Course
from bookbag.exports.errors import PurposeNotFoundError
from bookbag.exports.pseudonyms.keys import ensure_key
from bookbag.exports.pseudonyms.models import PseudonymKey
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(course: Course) -> PseudonymKey:
    ensure_key(course.workspace, "study", factories.make_user())
    return PseudonymKey.objects.get()


def test_keys_are_listed_without_what_they_are(key: PseudonymKey) -> None:
    said = CliRunner().invoke(app, ["list"]).output
    document = json.loads(CliRunner().invoke(app, ["list", "--json"]).output)

    assert "study" in said
    assert "kept, sealed" in said
    assert document["purposes"][0]["destroyed_at"] is None
    assert key.sealed_key not in said


def test_a_key_is_destroyed_when_somebody_is_sure(key: PseudonymKey) -> None:
    refused = CliRunner().invoke(app, ["destroy", "study"], input="n\n")
    key.refresh_from_db()
    assert refused.exit_code == 1
    assert key.sealed_key

    done = CliRunner().invoke(app, ["destroy", "study", "--yes"])

    key.refresh_from_db()
    assert not key.sealed_key
    assert "The key of 'study' is destroyed; 0 files were removed." in done.output


def test_a_purpose_that_is_not_there_is_refused(key: PseudonymKey) -> None:
    done = CliRunner().invoke(app, ["destroy", "other", "--yes"])

    assert isinstance(done.exception, PurposeNotFoundError)
