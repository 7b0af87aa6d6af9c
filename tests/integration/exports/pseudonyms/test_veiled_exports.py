"""Exports with pseudonyms: nobody is named in any of them, and everybody is one."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from bagkit.archive import verify_archive
from bookbag.domain.courses.models import Progress, Project
from bookbag.domain.lti.services import change_course
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.options import IDENTITIES, PSEUDONYMISE
from tests.integration.exports.pseudonyms.conftest import (
    CANARIES,
    FILE_TEXT,
    STUDY,
    Class,
    Produce,
    find_canaries,
)

pytestmark = pytest.mark.django_db
PERSON = re.compile(r"person-[0-9a-hjkmnp-tv-z]{12}(?![0-9a-z])")
WITH_PEOPLE = sorted(
    identifier
    for identifier, definition in get_catalogue().items()
    if PSEUDONYMISE in definition.options
)
WITHOUT = {
    "lti-cartridge": "addresses of assignments, and nobody",
    "lti-urls": "addresses of assignments, and nobody",
}
"""Why an export of the catalogue cannot have pseudonyms."""


def test_every_export_has_pseudonyms_or_a_reason_for_none() -> None:
    assert set(get_catalogue()) - set(WITH_PEOPLE) == set(WITHOUT)


@pytest.mark.parametrize("identifier", sorted(WITHOUT))
def test_nobody_is_in_what_has_no_pseudonyms(
    identifier: str, people: Class, produce: Produce
) -> None:
    change_course(people.course, is_enabled=True, has_constant_urls=False)

    product, content = produce(identifier, purpose="")

    assert people.lab.name.encode() in content
    assert find_canaries(content + product.file_name.encode()) == []


@pytest.mark.parametrize("identifier", sorted(set(get_catalogue()) - set(WITHOUT)))
def test_every_export_that_holds_files_can_be_searched(
    identifier: str, produce: Produce
) -> None:
    content = produce(identifier, purpose="", dialect="csv")[1]

    holds_files = FILE_TEXT.encode() in content
    assert holds_files is (IDENTITIES in get_catalogue()[identifier].options)


@pytest.mark.parametrize("identifier", WITH_PEOPLE)
def test_nobody_is_named(identifier: str, produce: Produce) -> None:
    product, content = produce(identifier)

    assert product.receipt is not None
    said = content + product.file_name.encode() + product.receipt.document
    assert find_canaries(said) == []
    assert b'"pseudonymised_for":"reading study"' in product.receipt.document


def test_the_canaries_are_there_without_the_option(produce: Produce) -> None:
    found: set[str] = set()
    for identifier in WITH_PEOPLE:
        found |= set(find_canaries(produce(identifier, purpose="")[1]))

    assert found == set(CANARIES) - {"sis-99817"}


def test_people_are_the_same_in_all_exports_of_a_purpose(
    people: Class, produce: Produce
) -> None:
    archive = produce("course-data")[1].decode("utf-8", "replace")
    users = produce("users", dialect="csv-exact")[1].decode()
    events = produce("user-access", dialect="csv-exact")[1].decode()

    everybody = set(PERSON.findall(archive))
    assert len(everybody) == 3
    assert everybody == set(PERSON.findall(users)) == set(PERSON.findall(events))


def test_people_are_others_for_another_purpose(produce: Produce) -> None:
    one = PERSON.findall(produce("users")[1].decode())
    other = PERSON.findall(produce("users", purpose="another")[1].decode())

    assert one
    assert not set(one) & set(other)


def test_another_workspace_has_other_pseudonyms(
    people: Class, produce: Produce
) -> None:
    one = set(PERSON.findall(produce("users")[1].decode()))
    people.course.workspace.pseudonym_keys.all().delete()  # as for another workspace
    other = set(PERSON.findall(produce("users")[1].decode()))

    assert not one & other


@pytest.mark.parametrize(
    ("identifier", "column"),
    [
        ("users", "last_name"),
        ("student-csv", "Username"),
        ("assignment-csv", "Username"),
    ],
)
def test_rows_are_in_an_order_that_tells_nothing(
    identifier: str, column: str, produce: Produce
) -> None:
    text = produce(identifier, dialect="csv-exact")[1].decode()
    names = [row[column] for row in csv.DictReader(io.StringIO(text, newline=""))]

    assert names
    assert names == sorted(names)


def test_numbers_and_times_stay(produce: Produce) -> None:
    veiled, plain = (
        list(csv.DictReader(io.StringIO(produce("user-access", purpose=p)[1].decode())))
        for p in (STUDY, "")
    )

    for row, before in zip(veiled, plain, strict=True):
        assert row["occurred_at"] == before["occurred_at"]
        assert row["access_type"] == before["access_type"]
        assert row["ip_address"] == ""
        assert row["project_path"] == f"/{row['username']}/lab"
        assert row["email"] == f"{row['username']}@pseudonym.invalid"


def test_an_archive_is_whole_and_says_whose_pseudonyms_it_has(
    produce: Produce, tmp_path: Path
) -> None:
    product, _ = produce("student-data")
    report = verify_archive(tmp_path / "student-data.staged")

    assert report.findings == ()
    assert report.receipt is not None
    assert report.receipt.pseudonymised_for == STUDY
    assert PERSON.search(product.file_name)
    document = json.loads(product.receipt.document)  # type: ignore[union-attr]
    assert document["identifier"].startswith("export-")


def test_tables_without_rows_are_written_too(
    people: Class, produce: Produce, tmp_path: Path
) -> None:
    Progress.objects.all().delete()
    Project.objects.all().delete()

    produce("course-data")

    assert verify_archive(tmp_path / "course-data.staged").findings == ()
