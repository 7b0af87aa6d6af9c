"""*Export with options*: one page for every export, reached from each menu."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from bookbag.domain.courses.models import Assignment, Course, Project
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ScopeKind
from bookbag.exports.models import Export
from tests import factories
from tests.factories_files import write_work

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
STUDY = "reading study"


@pytest.fixture
def lab(settings: Settings) -> Assignment:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    return factories.make_assignment(factories.make_course(), "Lab One")


@pytest.fixture
def course(lab: Assignment) -> Course:
    return lab.course


@pytest.fixture
def student(course: Course) -> User:
    return factories.enrol(course, "ada")


@pytest.fixture
def project(lab: Assignment, student: User, tmp_path: Path) -> Project:
    return factories.make_project(lab, student, write_work(tmp_path / "work"))


@pytest.fixture
def admin(client: Client, course: Course) -> User:
    admin = factories.make_member(course.workspace, role=MemberRole.ADMIN)
    client.force_login(admin, BACKEND)
    return admin


def address(course: Course, what: str) -> str:
    url = reverse("export-options", kwargs={"slug": course.workspace.slug})
    return f"{url}?what={what}"


@pytest.mark.usefixtures("admin")
def test_every_export_has_a_field_for_each_of_its_options(
    client: Client, course: Course, lab: Assignment, project: Project
) -> None:
    keys = {
        ScopeKind.WORKSPACE: (),
        ScopeKind.USER: (),
        ScopeKind.COURSE: (course.pk,),
        ScopeKind.ASSIGNMENT: (lab.pk,),
        ScopeKind.STUDENT: (course.pk, project.owner.pk),
        ScopeKind.PROJECT: (project.pk,),
    }

    for name, entry in get_catalogue().items():
        what = ":".join([name, *map(str, keys[entry.scope_kind])])
        page = client.get(address(course, what)).content.decode()
        missing = [o for o in entry.options if f'name="option_{o}"' not in page]
        assert missing == [], name
        siblings = {
            other
            for other, found in get_catalogue().items()
            if found.scope_kind is entry.scope_kind
        }
        shown = {other for other in siblings if f"?what={other}" in page}
        assert shown == (siblings if len(siblings) > 1 else set()), name


@pytest.mark.usefixtures("admin")
def test_each_menu_leads_there(
    client: Client, course: Course, lab: Assignment, project: Project
) -> None:
    slug, key, student = course.workspace.slug, course.pk, project.owner.pk
    entries = {
        f"/courses/{key}/": f"assignment-data:{lab.pk}",
        f"/courses/{key}/assignments/{lab.pk}/": f"assignment-data:{lab.pk}",
        f"/courses/{key}/students/": f"student-data:{key}:{student}",
        f"/courses/{key}/admin/": f"user-access:{key}",
        f"/courses/{key}/admin/exports/": f"course-data:{key}",
        f"/projects/{project.pk}/": f"project-zip:{project.pk}&amp;folder=",
        "/my-data/": "my-data",
        f"/workspaces/{slug}/users/": "users",
    }

    for page, what in entries.items():
        link = f'href="{address(course, what)}"'
        assert link in client.get(page).content.decode(), page


@pytest.mark.usefixtures("admin")
def test_what_was_chosen_is_asked_for(
    client: Client, course: Course, student: User
) -> None:
    fields = {
        "option_pseudonymise": STUDY,
        "option_identities": "replace",
        "purpose": "My thesis",
    }

    what = f"student-data:{course.pk}:{student.pk}"
    answer = client.post(address(course, what), fields)

    export = Export.objects.get()
    assert answer.status_code == 302
    assert export.identifier == "student-data"
    assert export.options == {
        "reading": "changed", "pseudonymise": STUDY, "identities": "replace",
    }  # fmt: skip
    assert export.requesters.get().purpose == "My thesis"


@pytest.mark.usefixtures("admin")
def test_choices_that_do_not_go_together_are_said_and_kept(
    client: Client, course: Course
) -> None:
    fields = {"option_identities": "replace", "purpose": "My thesis"}

    page = client.post(address(course, f"course-data:{course.pk}"), fields)

    text = page.content.decode()
    assert "Found no purpose for pseudonyms, expected one" in text
    assert '<option value="replace" selected>' in text
    assert 'value="My thesis"' in text
    assert not Export.objects.exists()


def test_a_student_chooses_for_their_project_and_nobody_else(
    client: Client, course: Course, project: Project
) -> None:
    client.force_login(project.owner, BACKEND)
    what = f"project-zip:{project.pk}&folder=src"

    page = client.get(address(course, what)).content.decode()
    answer = client.post(address(course, what), {"option_identities": "report"})

    export = Export.objects.get()
    assert 'value="src"' in page
    assert "option_circle" not in page
    assert answer["Location"] == reverse("export", kwargs={"export_id": export.pk})
    assert export.options["circle"] == "subject"


@pytest.mark.parametrize(
    ("person", "expected"), [("student", 403), ("stranger", 404), ("teacher", 200)]
)
def test_it_is_for_those_who_may_have_the_export(
    client: Client, course: Course, student: User, person: str, expected: int
) -> None:
    people = {
        "student": student,
        "stranger": factories.make_user("stranger"),
        "teacher": factories.make_teacher(course),
    }
    client.force_login(people[person], BACKEND)

    what = f"student-data:{course.pk}:{student.pk}"

    assert client.get(address(course, what)).status_code == expected
