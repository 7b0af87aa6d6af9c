"""LTI settings: URLs that launch, as a table and as a cartridge, and never a secret."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from bagkit.archive import EarlierWork
from bookbag.domain.courses.models import Course, Module, Project
from bookbag.domain.lti.addresses import get_lti_course
from bookbag.domain.lti.keys import make_consumer_key
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from bookbag.exports.errors import ScopeError
from bookbag.exports.services import request_export
from tests import factories
from tests.fakes.consumers import sign_launch

BASE_URL = "http://testserver"
NAMES = ("Lab One", "Lab <Two> & Three", "Ünïcode")
CP = "{http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1}"
BLTI = "{http://www.imsglobal.org/xsd/imsbasiclti_v1p0}"
Produce = Callable[[str], tuple[Product, bytes]]


@pytest.fixture
def launchable(course: Course, settings: Settings, tmp_path: Path) -> Course:
    settings.BOOKBAG_BASE_URL = BASE_URL
    settings.BOOKBAG_WORKSPACES = tmp_path / "work"
    for name in NAMES:
        factories.make_assignment(course, name)
    module = Module.objects.create(course=course, name="Later", position=1)
    last = factories.make_assignment(course, "Last", book_name="A Book")
    last.module = module
    last.save()
    lti_course = get_lti_course(course)
    lti_course.is_enabled = True
    lti_course.save()
    return course


@pytest.fixture
def produce(launchable: Course, tmp_path: Path) -> Produce:
    def run(identifier: str) -> tuple[Product, bytes]:
        staged = tmp_path / identifier
        product = get_definition(identifier).produce(
            ProductionContext(
                export_id="e1",
                scope=ExportScope.of_course(launchable),
                options={"dialect": "csv-exact"},
                snapshot_at=datetime(2026, 11, 22, 13, 5, tzinfo=UTC),
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        return product, staged.read_bytes()

    return run


def read_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_each_assignment_has_its_url_in_the_order_of_the_course(
    launchable: Course, produce: Produce
) -> None:
    product, content = produce("lti-urls")

    rows = read_rows(content)
    assert list(rows[0]) == ["module_name", "assignment_name", "integration_url"]
    assert [row["assignment_name"] for row in rows] == [*NAMES, "Last"]
    assert [row["module_name"] for row in rows] == [*["Module 1"] * 3, "Later"]
    urls = {row["integration_url"] for row in rows}
    code = get_lti_course(launchable).code
    assert len(urls) == 4
    assert all(f"_{code}_" in url for url in urls)
    assert product.receipt is not None
    assert product.receipt.present == 4


def test_class_terms_name_the_column_otherwise(
    produce: Produce, settings: Settings
) -> None:
    settings.BOOKBAG_TERMS = "class"

    (_, content) = produce("lti-urls")

    assert content.startswith(b"module_name,unit_name,integration_url\r\n")


@pytest.mark.parametrize("is_constant", [False, True])
def test_each_url_launches_what_it_says(
    launchable: Course, produce: Produce, *, is_constant: bool
) -> None:
    lti_course = get_lti_course(launchable)
    lti_course.has_constant_urls = is_constant
    lti_course.save()
    key, secret = make_consumer_key(launchable.workspace, "Campus")
    rows = read_rows(produce("lti-urls")[1])

    for row in rows:
        url = row["integration_url"]
        assert (lti_course.code in url) is not is_constant
        fields = sign_launch(
            url, key.key, secret, custom_bookbag_course_target_id=lti_course.code
        )
        answer = Client().post(url.removeprefix(BASE_URL), fields)
        project = Project.objects.latest("pk")
        assert answer["Location"] == f"/projects/{project.pk}/"
        assert project.title == row["assignment_name"]
    assert Project.objects.count() == len(rows)


@pytest.mark.parametrize("identifier", ["lti-urls", "lti-cartridge"])
def test_a_course_without_lti_has_none(
    course: Course, teacher: User, identifier: str
) -> None:
    with pytest.raises(ScopeError, match="Found a course without LTI"):
        request_export(
            person=teacher, identifier=identifier, scope=ExportScope.of_course(course)
        )


def test_a_cartridge_has_a_link_for_each_assignment(produce: Produce) -> None:
    product, content = produce("lti-cartridge")
    urls = [row["integration_url"] for row in read_rows(produce("lti-urls")[1])]

    assert product.file_name == "CS101_lti_links_2026-11-22.imscc"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))  # noqa: S314 - ours
        links = [
            ElementTree.fromstring(archive.read(name))  # noqa: S314 - ours
            for name in names[1:]
        ]
    assert names[0] == "imsmanifest.xml"
    assert manifest.findtext(f"{CP}metadata/{CP}schemaversion") == "1.3.0"
    assert [link.findtext(f"{BLTI}launch_url") for link in links] == urls
    assert [link.findtext(f"{BLTI}title") for link in links] == [*NAMES, "Last"]
    resources = {
        found.attrib["identifier"]: found.find(f"{CP}file")
        for found in manifest.iter(f"{CP}resource")
    }
    items = [i for i in manifest.iter(f"{CP}item") if "identifierref" in i.attrib]
    hrefs = [resources[item.attrib["identifierref"]] for item in items]
    assert [h.attrib["href"] for h in hrefs if h is not None] == names[1:]
    assert [item.findtext(f"{CP}title") for item in items] == [*NAMES, "Last"]


def test_a_cartridge_of_constant_urls_names_the_course(
    launchable: Course, produce: Produce
) -> None:
    lti_course = get_lti_course(launchable)
    lti_course.has_constant_urls = True
    lti_course.save()

    _, content = produce("lti-cartridge")

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        link = archive.read("link-0001.xml").decode()
    assert f'<lticm:property name="bookbag_course_target_id">{lti_course.code}<' in link


def test_neither_holds_a_secret(launchable: Course, produce: Produce) -> None:
    key, secret = make_consumer_key(launchable.workspace, "Campus")

    for identifier in ("lti-urls", "lti-cartridge"):
        _, content = produce(identifier)
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert secret.encode() not in content
        assert key.key.encode() not in content


def test_a_cartridge_is_the_same_each_time(produce: Produce) -> None:
    assert produce("lti-cartridge")[0].sha256 == produce("lti-cartridge")[0].sha256
