"""Checking an archive, and restoring a course from it: the work itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError

from bagkit.archive import Progress, remove_tree
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User, Workspace
from bookbag.imports.errors import LoadConflictError
from bookbag.imports.restoring.archives import (
    ArchiveFacts,
    open_course_archive,
    verify_course_archive,
)
from bookbag.imports.restoring.files import unpack_wanted
from bookbag.imports.restoring.ledger import Kind, Ledger, Outcome
from bookbag.imports.restoring.run import RestoreRun
from bookbag.imports.restoring.writing import look_through, make_missing
from bookbag.imports.transactions import patient_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTask:
    """What is to be restored, and where to."""

    archive: Path
    workspace: Workspace
    course_name: str
    """The course to complete, or what to call a new one; empty for the archive's."""
    now: datetime
    """The time to which events are too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccount:
    """What a check found, or a restore did."""

    facts: ArchiveFacts
    course_name: str
    ledger: Ledger


def check_restore(task: RestoreTask) -> RestoreAccount:
    """Verify an archive and say what restoring it would do; nothing is written.

    Raises:
        ArchiveRefusedError: If the archive is not whole, or malicious.
        RestoreRefusedError: If the course is archived.
        OSError: If the archive cannot be read.
    """
    facts = verify_course_archive(task.archive)
    name = task.course_name or facts.course_name
    with open_course_archive(task.archive) as archive:
        run = look_through(archive, task.workspace, name, task.now)
    return RestoreAccount(facts=facts, course_name=name, ledger=run.ledger)


def restore_course(
    task: RestoreTask,
    files: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    complete: Callable[[RestoreRun], None] = lambda _run: None,
    person: User | None = None,
) -> Ledger:
    """Make what is missing of a course: all of it, or nothing when anything fails.

    Files are in their place before the rows say so, and rows of one restore are
    written in one transaction.

    Args:
        task: What to restore; the archive was verified.
        files: The folder to make for its files.
        on_progress: Told about every member that is unpacked.
        complete: Called last inside of the transaction; what it raises undoes it.
        person: Who restores.

    Raises:
        ArchiveRefusedError: If the archive would write where it must not.
        RestoreRefusedError: If the course is archived.
        LoadConflictError: If somebody changed the same rows at the same moment.
        CopyError: If the disk has too little room.
    """
    with open_course_archive(task.archive) as archive:
        name = task.course_name or archive.course.name
        looked = look_through(archive, task.workspace, name, task.now)
        folders = unpack_wanted(
            task.archive,
            files,
            archive.top,
            looked.wanted,
            size_bytes=looked.ledger.size_bytes,
            on_progress=on_progress,
        )
        try:
            with patient_transaction():
                # Two restores into one workspace wait for each other.
                Workspace.objects.select_for_update().get(pk=task.workspace.pk)
                made = make_missing(looked, files, folders)
                _record(made, person)
                complete(made)
        except BaseException as error:
            if files.exists():
                remove_tree(files)
            if isinstance(error, IntegrityError):
                raise LoadConflictError from error
            raise
    for folder, path in folders.items():
        if folder not in made.wanted:
            remove_tree(path)
    return made.ledger


def _record(made: RestoreRun, person: User | None) -> None:
    ledger = made.ledger
    detail = "; ".join(
        f"{kind.value}: {ledger.count(Outcome.CREATE, kind)} new"
        for kind in (Kind.PEOPLE, Kind.MEMBERS, Kind.ENROLMENTS, Kind.PROJECTS)
    )
    deed = Deed(
        act=Act.COURSE_REBUILT,
        target=made.course.name,
        target_key=made.course.pk,
        detail=detail,
    )
    record(made.workspace.pk, deed, person=person)
