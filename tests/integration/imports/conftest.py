"""What tests of imports share: folders of their own, and a person with a workspace."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from bookbag.domain.people.models import User
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.uploads import begin_upload, receive
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.wakeups import SENT

JOBS = ImportJobs()
Upload = Callable[..., ProjectImport]


@pytest.fixture(autouse=True)
def woken(settings: Settings) -> list[str]:
    """The ids that were sent to the queue; nothing is worked on by itself."""
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    SENT.clear()
    return SENT


@pytest.fixture(autouse=True)
def disk(settings: Settings, tmp_path: Path) -> Path:
    """The folder that uploads and imported projects lie in."""
    settings.BOOKBAG_UPLOADS = tmp_path / "disk" / "uploads"
    settings.BOOKBAG_WORKSPACES = tmp_path / "disk" / "workspaces"
    settings.BOOKBAG_FREE_BYTES_FLOOR = 0
    return tmp_path / "disk"


@pytest.fixture
def ada(db: None) -> User:
    return factories.make_member(factories.make_workspace(), "ada")


@pytest.fixture
def upload(ada: User) -> Upload:
    """Upload bytes and have them checked."""

    def send(
        content: bytes, name: str = "work.zip", person: User = ada
    ) -> ProjectImport:
        job = begin_upload(
            person=person,
            workspace=person.memberships.get().workspace,
            file_name=name,
            size_bytes=len(content),
        )
        if content:
            receive(job, io.BytesIO(content), offset=0)
        return work_on(job)

    return send


def work_on(job: ProjectImport) -> ProjectImport:
    """Do what a worker would do now."""
    run_job(JOBS, job.pk)
    job.refresh_from_db()
    return job


def list_files(folder: Path) -> list[str]:
    """Return every file and link below a folder."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    )
