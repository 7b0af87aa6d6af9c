"""Imports outlive their workers: real processes, killed while they check and import."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.sites import STUDENT, Site, wait_until

pytestmark = pytest.mark.faults

FILES = 3000
BEGIN = """
import django
django.setup()
from pathlib import Path
from bookbag.domain.people.models import User
from bookbag.imports.projects.uploads import begin_upload, receive
person = User.objects.get(email="{person}")
path = Path("{path}")
job = begin_upload(
    person=person, workspace=person.memberships.get().workspace,
    file_name=path.name, size_bytes=path.stat().st_size,
)
with path.open("rb") as file:
    receive(job, file, offset=0)
print(job.pk)
"""
CHOOSE = """
import django
django.setup()
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.services import ChosenProject, choose_projects
job = ProjectImport.objects.get(pk="{job}")
found = job.found.get()
choose_projects(job, [ChosenProject(found=found, name="Snake")])
"""


@pytest.fixture(scope="module")
def import_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site"), BOOKBAG_LEASE_SECONDS="2") as site:
        site.load_sample(students=1)
        yield site


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "snake.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(FILES):
            packed.writestr(f"snake/{number % 50}/{number}.txt", os.urandom(2000))
    return path


def state_of(site: Site, job: str) -> str:
    key = job.replace("-", "")
    table = "project_imports_projectimport"
    rows = site.query(f"SELECT state FROM {table} WHERE id = '{key}'")  # noqa: S608
    return str(rows[0][0])


def kill_in(site: Site, job: str, state: str) -> None:
    """Kill a worker as soon as it is in a state, and see that it was caught in it."""
    worker = site.start("worker")
    wait_until(lambda: state_of(site, job) == state, state)
    os.kill(worker.pid, signal.SIGSTOP)
    caught = state_of(site, job)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert caught == state


def finish(site: Site, job: str, state: str) -> "subprocess.Popen[bytes]":
    worker = site.start("worker")
    wait_until(lambda: state_of(site, job) == state, state)
    return worker


def test_a_killed_import_is_finished_by_another_worker_and_leaves_nothing(
    import_site: Site, archive: Path
) -> None:
    site = import_site
    uploads = site.folder / "var" / "uploads"
    imported = site.folder / "var" / "workspaces" / "imported"
    job = site.run_python(BEGIN.format(person=STUDENT, path=archive)).strip()
    kill_in(site, job, "checking")
    site_worker = finish(site, job, "checked")
    site_worker.send_signal(signal.SIGINT)
    site_worker.wait(30)

    site.run_python(CHOOSE.format(job=job))
    kill_in(site, job, "importing")
    worker = finish(site, job, "done")

    worker.send_signal(signal.SIGINT)
    assert worker.wait(30) == 0
    ((folder, size_bytes),) = site.query(
        "SELECT files_folder, size_bytes FROM courses_project WHERE name = 'Snake'"
    )
    kept = [path for path in imported.rglob("*") if path.is_file()]
    assert len(kept) == FILES
    assert all(path.is_relative_to(str(folder)) for path in kept)
    assert sum(path.stat().st_size for path in kept) == size_bytes == FILES * 2000
    assert [path for path in uploads.rglob("*") if path.is_file()] == []


def test_a_refused_file_is_named_by_the_command(
    import_site: Site, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as packed:
        packed.writestr("../evil", "evil")

    done = import_site.run("import", str(tmp_path / "it.zip"), f"--user={STUDENT}")

    assert done.returncode == 3
    assert "a path that goes up or has empty names, expected none: '../evil'" in (
        done.stderr.replace("\n", " ")
    )
