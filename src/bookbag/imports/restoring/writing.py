"""Going through an archive once: only looking, or making what is missing."""

from datetime import datetime
from pathlib import Path

from bookbag.domain.people.models import Workspace
from bookbag.imports.errors import RestoreRefusedError
from bookbag.imports.restoring.archives import CourseArchive
from bookbag.imports.restoring.events import EventRestorer
from bookbag.imports.restoring.ledger import Ledger
from bookbag.imports.restoring.people import restore_roster
from bookbag.imports.restoring.projects import ProjectRestorer
from bookbag.imports.restoring.results import restore_answers, restore_progress
from bookbag.imports.restoring.run import RestoreRun
from bookbag.imports.restoring.structure import (
    find_or_make_course,
    restore_stacks,
    restore_structure,
)


def look_through(
    archive: CourseArchive, workspace: Workspace, course_name: str, now: datetime
) -> RestoreRun:
    """Return what a restore would do; nothing is written.

    Args:
        archive: What to restore.
        workspace: The tenant.
        course_name: The course to complete, or what to call a new one.
        now: The time to which events are too old.

    Raises:
        RestoreRefusedError: If the course is archived.
    """
    return _go_through(
        _start(archive, workspace, course_name, now, is_dry=True), Path("/")
    )


def make_missing(
    looked: RestoreRun, files: Path, folders: dict[str, Path]
) -> RestoreRun:
    """Make what is missing, inside of the caller's transaction.

    Args:
        looked: What ``look_through`` returned.
        files: The folder that holds all files of this restore.
        folders: Where the files of each wanted workspace are, by its folder in the
            archive.

    Raises:
        RestoreRefusedError: If the course was archived meanwhile.
    """
    run = _start(
        looked.archive, looked.workspace, looked.course.name, looked.now, is_dry=False
    )
    run.folders, run.compared = folders, looked.compared
    return _go_through(run, files)


def _start(
    archive: CourseArchive,
    workspace: Workspace,
    course_name: str,
    now: datetime,
    *,
    is_dry: bool,
) -> RestoreRun:
    ledger = Ledger()
    course = find_or_make_course(archive, workspace, course_name, ledger)
    if course.archived_at is not None:
        message = f"Found the course {course_name!r} archived, expected it active: "
        raise RestoreRefusedError(f"{message}make it active first, or choose a name")
    if not course.pk and not is_dry:
        course.save()
    return RestoreRun(
        archive=archive,
        workspace=workspace,
        course=course,
        is_dry=is_dry,
        now=now,
        ledger=ledger,
    )


def _go_through(run: RestoreRun, files: Path) -> RestoreRun:
    assessments = restore_structure(run)
    people = restore_roster(run)
    ProjectRestorer(run, restore_stacks(run), files).restore()
    restore_answers(run, restore_progress(run), assessments)
    EventRestorer(run, people).restore()
    return run
