"""The check of a small upload waits for no long job; everything else of imports may."""

import io

import pytest

from bookbag.domain.people.models import User
from bookbag.imports.projects.jobs import QUICK_BYTES
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.services import ChosenProject, choose_projects
from bookbag.imports.projects.states import IMPORT_JOB
from bookbag.imports.projects.uploads import begin_upload, receive
from bookbag.jobs.turns import Places, work_in_turn
from tests.integration.imports.conftest import JOBS
from tests.unit.archive.malicious import zipped

# The lease keeper writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def send(person: User, content: bytes) -> ProjectImport:
    job = begin_upload(
        person=person,
        workspace=person.memberships.get().workspace,
        file_name="work.zip",
        size_bytes=len(content),
    )
    receive(job, io.BytesIO(content), offset=0)
    return job


def work_without_a_place(job: ProjectImport) -> str:
    """Work as a process does whose places are all taken; return the state after."""
    places = Places(1)
    assert places.take()
    work_in_turn([JOBS], places, woken_for=(IMPORT_JOB, job.pk))
    job.refresh_from_db()
    return job.state


def test_a_small_upload_is_checked_while_every_place_is_taken(ada: User) -> None:
    large = send(ada, bytes(QUICK_BYTES + 1))
    small = send(ada, zipped(b"snake/main.py"))

    assert work_without_a_place(small) == "checked"
    large.refresh_from_db()
    assert large.state == "uploaded"
    assert work_without_a_place(large) == "uploaded"


def test_what_was_chosen_waits_for_a_place(ada: User) -> None:
    job = send(ada, zipped(b"snake/main.py"))
    work_without_a_place(job)
    choose_projects(job, [ChosenProject(found=job.found.get(), name="Snake")])

    assert work_without_a_place(job) == "chosen"
    work_in_turn([JOBS], Places(1), woken_for=(IMPORT_JOB, job.pk))
    job.refresh_from_db()
    assert job.state == "done"
