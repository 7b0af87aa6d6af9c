"""Restoring with the command: looked at, done, killed in the middle, refused."""

import json
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.sites import WORKSPACE, Site, stop, wait_until

FORGET = """
import shutil
import django
django.setup()
from django.conf import settings
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.imports.restoring.models import Restore
shutil.rmtree(settings.BOOKBAG_WORKSPACES, ignore_errors=True)
Restore.objects.all().delete()
Export.objects.all().delete()
for course in Course.objects.all():
    people = list(course.enrolments.values_list("user", flat=True))
    AccessEvent.objects.filter(course=course).delete()
    course.delete()
    User.objects.filter(pk__in=people, is_superuser=False).delete()
"""
COUNT = """
SELECT (SELECT count(*) FROM courses_course), (SELECT count(*) FROM courses_enrolment),
(SELECT count(*) FROM courses_project), (SELECT count(*) FROM people_user)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with Site(folder, BOOKBAG_LEASE_SECONDS="4") as made:
        made.load_sample(students=12)
        yield made


@pytest.fixture(scope="module")
def archive(site: Site) -> Path:
    """The sample course's archive, made by a real worker."""
    return export(site, site.folder / "course.zip")


def export(site: Site, target: Path) -> Path:
    worker = site.start("worker")
    shutil.copyfile(site.fetch_export(), target)
    stop(worker)
    return target


def read_lines(path: Path) -> list[str]:
    """Return the manifest's lines of workspaces and of tables that say no numbers."""
    with zipfile.ZipFile(path) as opened:
        top = opened.namelist()[0].split("/")[0]
        text = opened.read(f"{top}/manifest-sha256.txt").decode()
    kept = ("data/workspaces/", "data/course.json", "data/tables/e", "data/tables/p")
    return [line for line in text.splitlines() if line[66:].startswith(kept)]


def state_of(site: Site) -> str:
    rows = site.query("SELECT state FROM restoring_restore")
    return str(rows[0][0]) if rows else ""


def staged(site: Site) -> list[str]:
    folder = site.folder / "var" / "workspaces"
    return [p.name for p in folder.glob("*restored-*")] if folder.exists() else []


def restore(
    site: Site, path: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    return site.run("restore", str(path), f"--workspace={WORKSPACE}", *options)


def test_a_dry_run_says_what_would_happen_and_does_nothing(
    site: Site, archive: Path
) -> None:
    before, state = site.query(COUNT), state_of(site)

    done = restore(site, archive, "--dry-run", "--course=A copy", "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, site.query(COUNT)) == (0, before)
    assert (found["is_dry_run"], found["course"]) == (True, "A copy")
    assert found["archive"]["signer"] == "this-server"
    counted = {(e["kind"], e["outcome"]): e["count"] for e in found["kinds"]}
    assert counted["projects", "create"] == before[0][2]
    assert counted["people", "same"] == before[0][1]
    assert state_of(site) == state


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["while it reads", "while it unpacks"])
def test_a_killed_restore_is_finished_by_a_worker_and_nothing_is_doubled(
    site: Site, archive: Path, moment: str
) -> None:
    before = site.query(COUNT)
    site.run_python(FORGET)
    command = site.start("restore", str(archive), f"--workspace={WORKSPACE}")
    wait_until(lambda: state_of(site) == "restoring", "the restore to begin")
    if moment == "while it unpacks":
        wait_until(lambda: bool(staged(site)), "files to be unpacked")
    os.kill(command.pid, signal.SIGSTOP)
    was_running = state_of(site) == "restoring"
    os.kill(command.pid, signal.SIGKILL)
    command.wait()

    worker = site.start("worker")
    wait_until(lambda: state_of(site) == "done", "the worker to finish it")
    stop(worker)

    ((attempt, folder),) = site.query(
        "SELECT attempt, files_folder FROM restoring_restore"
    )
    assert was_running
    assert int(str(attempt)) > 2
    assert staged(site) == [folder]
    assert site.query(COUNT) == before
    again = export(site, site.folder / "again.zip")
    assert read_lines(again) == read_lines(archive)


def test_what_is_refused_is_said_in_words(site: Site, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("no archive")

    done = restore(site, tmp_path / "no.zip", "--json")

    assert done.returncode == 3
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert error["code"] == "archive_refused"
    assert error["message"].startswith("Found 0 ends of a central directory")
