"""A restore as a job: checked, approved, done; stopped, refused, and interrupted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import Member, User, Workspace
from bookbag.imports.errors import RestoreRefusedError
from bookbag.imports.restoring import jobs
from bookbag.imports.restoring.jobs import RestoreJobs
from bookbag.imports.restoring.models import Restore
from bookbag.imports.restoring.retention import sweep_restores
from bookbag.imports.restoring.services import (
    approve_restore,
    cancel_restore,
    request_restore,
)
from bookbag.imports.restoring.working import restore_course
from bookbag.jobs import leases
from bookbag.jobs.errors import RetryableJobError
from bookbag.jobs.leases import step_job
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.wakeups import SENT
from tests.integration.restoring.archives import (
    export_course,
    forget,
    make_full_course,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def woken(settings: Settings) -> None:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    SENT.clear()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    course = make_full_course(tmp_path)
    path = export_course(course, tmp_path / "it.zip")
    forget(course, people=True)
    return path


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return factories.make_member(workspace, "boss", role="Admin")


@pytest.fixture
def asked(workspace: Workspace, admin: User, archive: Path) -> Restore:
    return request_restore(
        workspace=workspace,
        person=admin,
        archive=archive,
        archive_name="it.zip",
        is_archive_ours=True,
    )


def work(restore: Restore) -> Restore:
    assert run_job(RestoreJobs(), restore.pk)
    return Restore.objects.get(pk=restore.pk)


def folders(copies: Path) -> list[str]:
    return [p.name for p in copies.iterdir()] if copies.exists() else []


def test_it_is_checked_first_and_restored_when_somebody_approves(
    asked: Restore, archive: Path, copies: Path
) -> None:
    checked = work(asked)
    assert (checked.state, checked.course_name) == ("checked", "CS101")
    assert not Course.objects.exists()

    approve_restore(checked)
    done = work(checked)

    assert done.state == "done"
    assert done.course == Course.objects.get()
    assert folders(copies) == [done.files_folder]
    assert Project.objects.filter(files_folder__contains=done.files_folder).exists()
    assert not archive.exists()


def test_nothing_happens_without_the_check_or_twice(asked: Restore) -> None:
    with pytest.raises(RestoreRefusedError, match="Found a restore that is queued"):
        approve_restore(asked)
    checked = work(asked)
    approve_restore(checked)

    with pytest.raises(RestoreRefusedError, match="Found a restore that is approved"):
        approve_restore(checked)


def test_an_archive_that_was_changed_after_the_check_is_refused(
    asked: Restore, archive: Path
) -> None:
    checked = work(asked)
    approve_restore(checked)
    archive.write_bytes(archive.read_bytes() + b"x")

    failed = work(checked)

    assert (failed.state, failed.failure_code) == ("failed", "archive_refused")
    assert failed.failure_sentence == jobs.CHANGED
    assert not Course.objects.exists()


def test_whose_right_has_ended_restores_nothing(asked: Restore, admin: User) -> None:
    checked = work(asked)
    approve_restore(checked)
    Member.objects.filter(user=admin).update(role="Staff")

    failed = work(checked)

    assert (failed.state, failed.failure_sentence) == ("failed", jobs.RIGHT_ENDED)
    assert not Course.objects.exists()


@pytest.mark.parametrize("is_checked", [False, True])
def test_stopped_before_it_began_it_leaves_nothing(
    asked: Restore, archive: Path, is_checked: bool
) -> None:
    cancel_restore(work(asked) if is_checked else asked)

    assert Restore.objects.get().state == "cancelled"
    assert not run_job(RestoreJobs(), asked.pk)
    assert not archive.exists()


def test_what_was_checked_and_is_not_approved_in_time_is_swept(
    asked: Restore, archive: Path, settings: Settings
) -> None:
    Restore.objects.update(requested_at=timezone.now() - timedelta(days=9))
    checked = work(asked)
    assert (sweep_restores(), archive.exists()) == (0, True)
    limit = timedelta(hours=settings.BOOKBAG_UPLOAD_HOURS)
    Restore.objects.update(heartbeat_at=timezone.now() - limit)

    assert (sweep_restores(), sweep_restores()) == (1, 0)

    assert not archive.exists()
    with pytest.raises(RestoreRefusedError):
        approve_restore(checked)


def test_what_was_approved_is_not_swept(asked: Restore) -> None:
    approve_restore(work(asked))
    Restore.objects.update(heartbeat_at=timezone.now() - timedelta(days=9))

    assert sweep_restores() == 0
    assert work(asked).state == "done"


def test_stopped_while_it_runs_it_leaves_nothing(
    asked: Restore, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = work(asked)
    approve_restore(checked)
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)

    def stop_first(*arguments: Any, **keywords: Any) -> object:
        cancel_restore(Restore.objects.get(pk=asked.pk))
        # At the second sign of life from now the worker has seen it.
        seen = {Restore.objects.get(pk=asked.pk).heartbeat_at}
        while len(seen) < 4:
            seen.add(Restore.objects.get(pk=asked.pk).heartbeat_at)
        return restore_course(*arguments, **keywords)

    monkeypatch.setattr(jobs, "restore_course", stop_first)

    assert work(checked).state == "cancelled"
    assert folders(copies) == []
    assert not Course.objects.exists()


def test_an_interrupted_attempt_leaves_no_row_and_no_folder_and_the_next_goes_on(
    asked: Restore, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = work(asked)
    approve_restore(checked)

    def fall_over(*_arguments: object, **_keywords: object) -> bool:
        raise RetryableJobError("The database went away")

    monkeypatch.setattr(jobs, "step_job", fall_over)
    interrupted = work(checked)
    assert (interrupted.state, folders(copies)) == ("restoring", [])
    assert not Course.objects.exists()
    monkeypatch.setattr(jobs, "step_job", step_job)
    Restore.objects.update(lease_expires_at=asked.requested_at)

    assert work(interrupted).state == "done"
    assert len(folders(copies)) == 1
    assert Project.objects.count() == 2
