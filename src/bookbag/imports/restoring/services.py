"""Asking for a restore, approving it, and stopping it."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbag.domain.people.models import User, Workspace
from bookbag.imports.errors import RestoreRefusedError
from bookbag.imports.projects.folders import upload_path
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.services import cancel_import
from bookbag.imports.projects.states import ImportState
from bookbag.imports.restoring.models import (
    FOLDER_PREFIX,
    RESTORE_JOB,
    Restore,
    RestoreState,
)
from bookbag.jobs.leases import step_job
from bookbag.jobs.wakeup import wake_worker

NAME_LIMIT = 200


def request_restore(
    *,
    workspace: Workspace,
    person: User | None,
    archive: Path,
    archive_name: str,
    is_archive_ours: bool = False,
    course_name: str = "",
) -> Restore:
    """Ask for an archive to be checked; nothing is restored before it is approved.

    Args:
        workspace: The tenant to restore into.
        person: Who asks; None for a command of an operator.
        archive: Where the file lies.
        archive_name: What the person calls it.
        is_archive_ours: Whether to remove the file when the restore has ended.
        course_name: The course to complete or to make, if not the archive's.

    Raises:
        RestoreRefusedError: If the name is too long.
    """
    name = course_name.strip()
    if len(name) > NAME_LIMIT:
        message = f"Course name is {len(name)} characters, limit is {NAME_LIMIT}"
        raise RestoreRefusedError(message)
    with transaction.atomic():
        restore = Restore.objects.create(
            workspace=workspace,
            requested_by=person,
            by_operator=person is None,
            archive_path=str(archive),
            archive_name=archive_name[:300],
            is_archive_ours=is_archive_ours,
            course_name=name,
            state=RestoreState.QUEUED,
        )
        transaction.on_commit(lambda: wake_worker(RESTORE_JOB, restore.pk))
    return restore


def approve_restore(restore: Restore) -> None:
    """Let a restore that was checked begin.

    Raises:
        RestoreRefusedError: If it is not checked, or was approved before.
    """
    changes = {"woken_at": timezone.now()}
    is_checked = restore.state == RestoreState.CHECKED
    with transaction.atomic():
        if not is_checked or not step_job(restore, RestoreState.APPROVED, changes):
            message = f"Found a restore that is {restore.state}, expected it checked"
            raise RestoreRefusedError(message)
        transaction.on_commit(lambda: wake_worker(RESTORE_JOB, restore.pk))


def cancel_restore(restore: Restore) -> None:
    """Stop a restore: at once when no worker is at it, otherwise within seconds."""
    if not give_up_waiting(restore):
        Restore.objects.filter(
            pk=restore.pk, state__in=list(Restore.WORKED_ON_IN.values())
        ).update(cancel_requested_at=timezone.now())


def give_up_waiting(restore: Restore) -> bool:
    """Stop a restore that no worker is at, and remove the file that is ours.

    Returns:
        Whether it was still waiting, as the caller saw it.
    """
    if restore.state not in {*Restore.WORKED_ON_IN, RestoreState.CHECKED}:
        return False
    changes = {"finished_at": timezone.now()}
    if not step_job(restore, RestoreState.CANCELLED, changes):
        return False
    if restore.is_archive_ours:
        restore.path.unlink(missing_ok=True)
    return True


def adopt_upload(upload: ProjectImport, course_name: str = "") -> Restore:
    """Ask for a restore from what somebody uploaded and a worker checked.

    Args:
        upload: The upload; it ends here, and its file goes on with the restore.
        course_name: The course to complete or to make, if not the archive's.

    Raises:
        RestoreRefusedError: If the upload is not complete, or the name too long.
    """
    if upload.state != ImportState.CHECKED:
        message = f"Found an upload that is {upload.state}, expected it checked"
        raise RestoreRefusedError(message)
    archive = Path(settings.BOOKBAG_UPLOADS) / f"{FOLDER_PREFIX}{upload.pk}"
    archive.unlink(missing_ok=True)
    archive.hardlink_to(upload_path(upload.pk))
    with transaction.atomic():
        restore = request_restore(
            workspace=upload.workspace,
            person=upload.owner,
            archive=archive,
            archive_name=upload.file_name,
            is_archive_ours=True,
            course_name=course_name,
        )
        cancel_import(upload)
    return restore
