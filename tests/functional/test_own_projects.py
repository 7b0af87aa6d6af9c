"""Projects that are in no course: who sees them, and how they are taken out."""

import io
import zipfile
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.test import Client
from pytest_django import Settings

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.activity.recording import Stay, write_events
from bookbag.domain.courses.models import Project
from bookbag.domain.courses.visibility import Visibility
from bookbag.domain.people.models import MemberRole, User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.services import request_export
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.factories_files import write_work

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ada() -> User:
    return factories.make_member(factories.make_workspace(), "ada")


@pytest.fixture
def project(ada: User, tmp_path: Path) -> Project:
    workspace = ada.memberships.get().workspace
    folder = write_work(tmp_path / "snake")
    return factories.make_own_project(
        workspace, ada, folder, name="My Snake/2", description="A game"
    )


@pytest.fixture
def storage(settings: Settings, tmp_path: Path) -> LocalStorage:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}/exports"
    return LocalStorage(tmp_path / "exports")


def look(person: User, project: Project) -> int:
    client = Client()
    client.force_login(person, BACKEND)
    return client.get(f"/projects/{project.pk}/").status_code


@pytest.mark.parametrize("role", [MemberRole.OWNER, MemberRole.MEMBER])
def test_nobody_else_sees_a_private_project(project: Project, role: str) -> None:
    other = factories.make_member(project.home, "other", role=role)
    stranger = factories.make_member(factories.make_workspace(), "stranger")

    assert look(project.owner, project) == 200
    assert look(other, project) == look(stranger, project) == 404


def test_a_project_that_is_shown_is_for_members_alone(project: Project) -> None:
    project.visibility = Visibility.WORKSPACE
    project.save()
    other = factories.make_member(project.home, "other")
    stranger = factories.make_member(factories.make_workspace(), "stranger")
    client = Client()
    client.force_login(other, BACKEND)

    page = client.get(f"/projects/{project.pk}/").content.decode()

    assert "My Snake/2" in page
    assert "A game" in page
    assert "read-only" in page
    assert look(stranger, project) == 404
    assert client.post(f"/projects/{project.pk}/stack", {}).status_code == 403


def test_who_leaves_the_workspace_loses_sight_of_it(project: Project) -> None:
    project.owner.memberships.update(status="Deactivated")

    assert look(project.owner, project) == 404


def test_it_is_among_the_projects_of_its_owner(project: Project) -> None:
    client = Client()
    client.force_login(project.owner, BACKEND)

    page = client.get("/projects/?search=snake").content.decode()

    assert f"/projects/{project.pk}/" in page
    assert "Own" in page


def test_opening_it_is_recorded_and_in_no_course(
    project: Project, recorded: list[tuple[AccessEvent, Stay]]
) -> None:
    look(project.owner, project)

    write_events(recorded)
    event = AccessEvent.objects.get(access_type="Project Open")
    assert (event.course, event.role) == (None, "")
    assert event.project_path == "/ada/snake"


def test_it_is_taken_out_as_a_zip(project: Project, storage: LocalStorage) -> None:
    export = request_export(
        person=project.owner,
        identifier="project-zip",
        scope=ExportScope.of_project(project),
    )
    run_job(ExportJobs(), export.pk)

    export.refresh_from_db()
    assert (export.state, export.failure_sentence) == ("ready", "")
    with storage.open_file(export.storage_key) as file, zipfile.ZipFile(file) as opened:
        assert "My Snake_2/main.py" in opened.namelist()


def test_my_data_holds_projects_of_ones_own_also_two_of_one_name(
    project: Project, storage: LocalStorage, tmp_path: Path
) -> None:
    ada = project.owner
    factories.make_own_project(
        project.home, ada, write_work(tmp_path / "two", "second"), name="My Snake/2"
    )
    scope = ExportScope(workspace=project.home, subject=ada)
    export = request_export(person=ada, identifier="my-data", scope=scope)
    run_job(ExportJobs(), export.pk)

    export.refresh_from_db()
    with storage.open_file(export.storage_key) as file:
        opened = zipfile.ZipFile(io.BytesIO(file.read()))
    works = [n for n in opened.namelist() if n.endswith("/ada/main.py")]
    assert {opened.read(name) for name in works} == {
        b"print('my work')\n",
        b"print('second')\n",
    }
    (table,) = [n for n in opened.namelist() if n.endswith("tables/projects.csv")]
    text = opened.read(table).decode()
    assert text.count("My Snake/2") == 2
    assert "A game" in text


def test_a_project_has_one_home(project: Project) -> None:
    project.workspace = None

    with pytest.raises(IntegrityError):
        project.save()
