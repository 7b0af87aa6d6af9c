"""*Privacy*: purposes of pseudonymised exports, and the end of their keys."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Member, MemberRole, User
from bookbag.exports.models import Export
from bookbag.exports.pseudonyms.models import PseudonymKey
from tests import factories

pytestmark = pytest.mark.django_db
STUDY = "reading study"


@pytest.fixture
def course(client: Client, settings: Settings) -> Course:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    course = factories.make_course()
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    return course


def address(name: str, course: Course) -> str:
    return reverse(name, kwargs={"slug": course.workspace.slug})


def ask(client: Client, course: Course) -> None:
    url = reverse("course-exports", kwargs={"course_id": course.pk})
    client.post(url, {"pseudonymise": STUDY})


def test_a_purpose_that_was_named_is_listed(client: Client, course: Course) -> None:
    ask(client, course)

    assert Export.objects.get().options["pseudonymise"] == STUDY
    assert STUDY in client.get(address("privacy", course)).content.decode()


@pytest.mark.parametrize(
    ("typed", "message", "is_kept"),
    [
        ("reading", "Nothing was destroyed: the name was not typed.", True),
        (STUDY, "The key of “reading study” is destroyed.", False),
    ],
)
def test_a_key_is_destroyed_when_its_purpose_is_typed(
    client: Client, course: Course, typed: str, message: str, is_kept: bool
) -> None:
    ask(client, course)

    fields = {"purpose": STUDY, "typed": typed}
    page = client.post(address("privacy-destroy", course), fields, follow=True)

    assert message in page.content.decode()
    assert bool(PseudonymKey.objects.get().sealed_key) is is_kept


def test_a_purpose_that_is_not_there_is_said(client: Client, course: Course) -> None:
    fields = {"purpose": "x", "typed": "x"}
    page = client.post(address("privacy-destroy", course), fields, follow=True)

    assert "Found no key of a purpose called" in page.content.decode()


def test_exports_without_people_have_no_such_field(
    client: Client, course: Course
) -> None:
    url = reverse(
        "start-course", kwargs={"course_id": course.pk, "identifier": "lti-urls"}
    )
    client.post(url, {"pseudonymise": STUDY})

    assert not PseudonymKey.objects.exists()


def test_the_receipt_of_a_project_says_who_is_named_in_files(
    client: Client, course: Course
) -> None:
    found = {"replaced": {"email": 2}, "found": {"document-text": 1}, "files": []}
    document = {"rows": 3, "excluded": {}, "resource": {"identities": found}}
    export = factories.make_export(course, factories.make_user(), state="ready")
    receipt = factories.make_receipt(export)
    receipt.document = json.dumps(document).encode()
    receipt.save()

    page = client.get(reverse("export-receipt", kwargs={"export_id": export.pk}))

    text = page.content.decode()
    assert "Replaced: email 2" in text
    assert "Found and still there: document-text 1" in text
    assert "Each file stands in the receipt" in text


@pytest.mark.parametrize(
    ("person", "typed", "message"),
    [
        ("ada", "ad", "Nobody was erased: the same user name of a member"),
        ("nobody", "nobody", "Nobody was erased: the same user name of a member"),
        ("ada", "ada", "Erased. The audit log says erased-"),
    ],
)
def test_a_member_is_erased_when_the_name_is_typed_twice(
    client: Client, course: Course, person: str, typed: str, message: str
) -> None:
    factories.enrol(course, "ada")

    fields = {"person": person, "typed": typed}
    page = client.post(address("privacy-erase", course), fields, follow=True)

    assert message in page.content.decode()
    assert User.objects.filter(username="ada").exists() is (typed != "ada")


def test_nobody_erases_themselves(client: Client, course: Course) -> None:
    me = Member.objects.get(workspace=course.workspace, role=MemberRole.ADMIN).user
    fields = {"person": me.username, "typed": me.username}

    page = client.post(address("privacy-erase", course), fields, follow=True)

    assert "Nobody can erase themselves." in page.content.decode()
