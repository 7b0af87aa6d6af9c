"""Students' projects: rows, stacks, and which of their files are needed."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from bagkit.packing.digesting import digest_workspace
from bagkit.receipt import ReceiptCell
from bookbag.domain.courses.models import Assignment, Project, Stack
from bookbag.domain.people.models import User
from bookbag.formats.course_file import DescribedStack
from bookbag.formats.course_tables import PROJECTS
from bookbag.imports.restoring.batches import Batch
from bookbag.imports.restoring.ledger import Kind, Outcome
from bookbag.imports.restoring.rows import Row, find_long_text
from bookbag.imports.restoring.run import RestoreRun
from bookbag.trees.locating import make_tree_opener

NOT_HERE = "missing"
"""The name of a folder that is never made: of a project whose files are nowhere."""
ELSEWHERE = "Its files are not in this archive, but perhaps in another part"


class ProjectRestorer:
    """Makes projects, and says which workspaces have to be unpacked for them.

    Invariants: a project that is here is never changed; but one of ours whose folder
    is gone gets its files back.
    """

    def __init__(
        self, run: RestoreRun, stacks: Mapping[DescribedStack, Stack], nowhere: Path
    ) -> None:
        self._run = run
        self._stacks = stacks
        self._nowhere = nowhere
        self._batch = Batch(Project, is_dry=run.is_dry)
        self._described = {
            (p.assignment, p.username): p.stack for p in run.archive.course.projects
        }
        self._existing = (
            {
                (p.assignment_id, p.owner_id): p
                for p in Project.objects.filter(assignment__course=run.course)
            }
            if run.course.pk
            else {}
        )
        self._seen: set[tuple[str, str]] = set()

    def restore(self) -> None:
        """Go through the archive's projects."""
        run = self._run
        for row in run.iter_rows(PROJECTS, Kind.PROJECTS):
            place = run.find_place(row, Kind.PROJECTS)
            if place is None:
                continue
            label = f"{row.text('username')} in {row.text('assignment_name')}"
            reason = self._restore_one(row, *place, label)
            if reason:
                run.refuse(Kind.PROJECTS, label, reason, row)
        self._batch.flush()

    def _restore_one(
        self, row: Row, assignment: Assignment, owner: User, label: str
    ) -> str:
        key = (row.text("assignment_name"), row.text("username").lower())
        if key in self._seen:
            return "Found it twice, expected it once"
        self._seen.add(key)
        cell = self._run.archive.cells.get((assignment.folder, row.text("username")))
        known = None
        if assignment.pk and owner.pk:
            known = self._existing.get((assignment.pk, owner.pk))
        if known is not None:
            return self._compare(known, cell, label, row)
        if cell is None:
            return ELSEWHERE
        return self._add(row, assignment, owner, cell, label)

    def _add(
        self,
        row: Row,
        assignment: Assignment,
        owner: User,
        cell: ReceiptCell,
        label: str,
    ) -> str:
        folder = self._find_folder(cell, label)
        if folder is None:
            return "It was made here meanwhile, or its files are not unpacked"
        described = self._described.get((assignment.folder, row.text("username")))
        project = Project(
            assignment=assignment,
            owner=owner,
            stack=None if described is None else self._stacks[described],
            path=_rename_path(row.text("project_path"), row.text("username"), owner),
            files_folder=str(folder),
            created_at=row.get_time("created_at") or self._run.now,
        )
        if fault := find_long_text(project):
            return fault
        self._batch.add(project)
        reason = "" if cell.folder else f"Without files: {_say_why(cell)}"
        self._count(cell)
        self._run.ledger.note(Kind.PROJECTS, Outcome.CREATE, label, reason, row.number)
        return ""

    def _find_folder(self, cell: ReceiptCell, label: str) -> Path | None:
        """Return where a project's files are now, or None when they should be."""
        run = self._run
        if not cell.folder:
            return self._nowhere / NOT_HERE / cell.assignment / cell.username
        run.wanted[cell.folder] = label
        return self._nowhere if run.is_dry else run.folders.get(cell.folder)

    def _compare(
        self, known: Project, cell: ReceiptCell | None, label: str, row: Row
    ) -> str:
        ledger = self._run.ledger
        if cell is None or not cell.folder:
            why = ELSEWHERE if cell is None else f"Without files: {_say_why(cell)}"
            ledger.note(Kind.PROJECTS, Outcome.SAME, label, why, row.number)
            return ""
        if _is_ours_and_gone(known.files_folder):
            return self._fill(known, cell, label, row)
        compared = self._run.compared
        key = (known.files_folder, cell.folder)
        if key not in compared:
            compared[key] = _find_difference(known, cell, self._run.archive.top)
        reason = compared[key]
        outcome = Outcome.DIFFERS if reason else Outcome.SAME
        ledger.note(Kind.PROJECTS, outcome, label, reason, row.number)
        return ""

    def _fill(self, known: Project, cell: ReceiptCell, label: str, row: Row) -> str:
        folder = self._find_folder(cell, label)
        if folder is None:
            return "Its files went away meanwhile: restore again"
        if not self._run.is_dry:
            known.files_folder = str(folder)
            known.save(update_fields=["files_folder"])
        self._count(cell)
        reason = "Only its files: they are gone here"
        self._run.ledger.note(Kind.PROJECTS, Outcome.CREATE, label, reason, row.number)
        return ""

    def _count(self, cell: ReceiptCell) -> None:
        if cell.folder:
            self._run.ledger.file_count += cell.files
            self._run.ledger.size_bytes += cell.bytes


def _is_ours_and_gone(folder: str) -> bool:
    # What lies elsewhere may be on a disk that is only away for a moment.
    root: Path = settings.BOOKBAG_WORKSPACES
    return (
        root.is_dir()
        and Path(folder).is_relative_to(root)
        and not os.path.lexists(folder)
    )


def _find_difference(known: Project, cell: ReceiptCell, top: str) -> str:
    found = digest_workspace(
        known.files_folder, f"{top}/data/{cell.folder}/", make_tree_opener()
    )
    if found.failure:
        return f"The files here cannot be read: {found.failure}"
    if found.digest == cell.digest:
        return ""
    return (
        f"{found.file_count:,} files, {found.size_bytes:,} bytes here; "
        f"{cell.files:,} files, {cell.bytes:,} bytes in the archive"
    )


def _say_why(cell: ReceiptCell) -> str:
    return cell.reason or cell.state.value


def _rename_path(path: str, username: str, owner: User) -> str:
    """Return a project's path, under the name that its owner has here."""
    prefix = f"/{username}/"
    if path.startswith(prefix):
        return f"/{owner.username}/{path.removeprefix(prefix)}"
    return path
