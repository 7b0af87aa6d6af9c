"""Who exported my data: what contained a person, by whom, when and why."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import Member, User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.disclosures import list_disclosures
from bookbag.exports.errors import OptionsError
from bookbag.exports.models import Export, ExportRequester
from bookbag.exports.services import request_export
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(course: Course) -> User:
    ada = factories.enrol(course, "ada")
    month_ago = timezone.now() - timedelta(days=30)
    Enrolment.objects.filter(user=ada).update(enrolled_at=month_ago)
    Member.objects.filter(user=ada).update(joined_at=month_ago)
    return ada


def make_workspace_export(
    course: Course, person: User, identifier: str, **fields: object
) -> None:
    export = factories.make_export(
        course, person, state=ExportState.READY, identifier=identifier, **fields
    )
    Export.objects.filter(pk=export.pk).update(course=None)


def titles(person: User) -> list[tuple[str, str, str]]:
    return [
        (found.title, found.person.username, found.purpose)
        for found in list_disclosures(person)
    ]


def test_exports_that_contained_a_person_are_listed(
    course: Course, teacher: User, ada: User
) -> None:
    ready = ExportState.READY
    export = factories.make_export(course, teacher, state=ready)
    ExportRequester.objects.filter(export=export).update(purpose="An audit")
    colleague = factories.make_teacher(course, "colleague")
    ExportRequester.objects.create(export=export, person=colleague)
    factories.make_export(
        course, teacher, state=ready, identifier="student-data", subject=ada
    )
    admin = factories.make_member(course.workspace, "boss", role="Admin")
    make_workspace_export(course, admin, "users")

    assert sorted(titles(ada)) == [
        ("All Users", "boss", ""),
        ("Course Data", "colleague", ""),
        ("Course Data", "teacher", "An audit"),
        ("Student Data", "teacher", ""),
    ]


def test_exports_without_the_person_are_not_listed(
    course: Course, teacher: User, ada: User
) -> None:
    ready = ExportState.READY
    other = factories.enrol(course, "ben")
    factories.make_export(
        course, teacher, state=ready, identifier="student-data", subject=other
    )
    factories.make_export(course, teacher, state=ExportState.CANCELLED)
    factories.make_export(course, teacher, state=ready, identifier="lti-urls")
    early = timezone.now() - timedelta(days=60)
    factories.make_export(course, teacher, state=ready, finished_at=early)
    factories.make_export(factories.make_course("CS9"), teacher, state=ready)
    make_workspace_export(course, ada, "my-data", subject=ada)

    assert titles(ada) == []


def test_a_purpose_is_kept_with_who_gave_it(
    course: Course, teacher: User, client: Client, ada: User
) -> None:
    scope = ExportScope.of_course(course)
    export = request_export(
        person=teacher, identifier="course-data", scope=scope, purpose="End of term"
    )

    assert export.requesters.get().purpose == "End of term"
    with pytest.raises(OptionsError, match="Found a purpose of 201 characters"):
        request_export(
            person=teacher, identifier="course-data", scope=scope, purpose="x" * 201
        )
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/my-data/").status_code == 200


def test_who_exports_tables_is_told_before_that_it_is_seen(
    course: Course, teacher: User, client: Client
) -> None:
    admin = factories.make_member(course.workspace, "boss", role="Admin")
    home = f"/workspaces/{course.workspace.slug}"
    of_workspace = ("export-data", "users", "groups", "sessions", "audit")
    pages = {f"{home}/{name}/": admin for name in of_workspace}
    pages[f"/courses/{course.pk}/admin/"] = teacher

    for url, person in pages.items():
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        page = client.get(url).content.decode()

        assert "can see who exported their data, when, and why." in page
        assert 'name="purpose" maxlength="200"' in page
