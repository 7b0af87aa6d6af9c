"""*Restore*, from the upload to the course that is back, through its pages."""

import io
import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import Workspace
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.uploads import begin_upload, receive
from bookbag.imports.restoring.jobs import RestoreJobs
from bookbag.imports.restoring.models import Restore
from bookbag.jobs.working import run_job
from tests import factories
from tests.integration.restoring.archives import (
    LAB,
    export_course,
    forge,
    forget,
    make_full_course,
    student,
)
from tests.unit.packing.bags import expect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(client: Client, workspace: Workspace) -> Client:
    client.force_login(factories.make_member(workspace, "boss", role="Admin"))
    return client


@pytest.fixture(autouse=True)
def places(settings: Settings, tmp_path: Path) -> None:
    settings.BOOKBAG_UPLOADS = tmp_path / "uploads"
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"


def upload(browser: Client, workspace: Workspace, archive: Path) -> str:
    """Upload an archive and return the address of its page."""
    content = archive.read_bytes()
    job = begin_upload(
        person=workspace.members.get(user__username="boss").user,
        workspace=workspace,
        file_name=archive.name,
        size_bytes=len(content),
    )
    receive(job, io.BytesIO(content), offset=0)
    run_job(ImportJobs(), job.pk)
    return f"/workspaces/{workspace.slug}/restore/uploads/{job.pk}/"


def test_an_archive_is_uploaded_looked_at_and_restored(
    browser: Client, workspace: Workspace, tmp_path: Path
) -> None:
    course = make_full_course(tmp_path)
    archive = export_course(course, tmp_path / "CS101.zip")
    forget(course, people=True)
    page = upload(browser, workspace, archive)
    assert b"Check and compare" in browser.get(page).content

    shown = browser.post(page, {"course_name": ""}).headers["Location"]
    run_job(RestoreJobs(), Restore.objects.get().pk)
    looked_at = browser.get(shown).content.decode()
    assert "Nothing has happened yet" in looked_at
    assert re.search("Restore [0-9]+ things", looked_at)
    assert not Course.objects.exists()

    browser.post(f"{shown}approve")
    run_job(RestoreJobs(), Restore.objects.get().pk)
    done = browser.get(shown).content.decode()
    assert "Done: what was missing of the course is there." in done
    assert Project.objects.filter(assignment__course=Course.objects.get()).count() == 2
    assert ProjectImport.objects.get().state == "cancelled"
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_another_server_signed_and_what_is_refused_is_shown(
    browser: Client, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    roster = [student("eve", role="<b>Owner</b>"), student("ada")]
    archive = forge(
        tmp_path / "it.zip",
        {"assignments": [LAB], "enrolments": roster},
        workspaces=expect({"ada": tmp_path / "work"}),
    )
    page = upload(browser, workspace, archive)
    shown = browser.post(page, {"course_name": "Copy"}).headers["Location"]
    run_job(RestoreJobs(), Restore.objects.get().pk)

    text = browser.get(shown).content.decode()

    assert "Signed by another server, with the key" in text
    assert "Found role &#x27;&lt;b&gt;Owner&lt;/b&gt;&#x27;, expected Teacher" in text
    browser.post(f"{shown}cancel")
    assert Restore.objects.get().state == "cancelled"
    assert not Course.objects.exists()
