"""Finding the students' folders in each of the three layouts."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bookbag.formats.texts import is_utf8, show_text
from bookbag.imports.course_files import COURSE_FILE_NAME
from bookbag.imports.faults import FaultList
from bookbag.imports.oneroster import BUNDLE_FILES
from bookbag.imports.plan import Layout
from bookbag.imports.rosters import ROSTER_NAME

CLASSROOM_SUFFIX = "-submissions"
WORKSPACES, SUBMITTED = "workspaces", "submitted"
KNOWN_FILES = {ROSTER_NAME, COURSE_FILE_NAME, *BUNDLE_FILES}
_IGNORED = re.compile(r"\.|__MACOSX$|__pycache__$")
"""Names that tools leave behind and that stand for no assignment or student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFolder:
    """One folder that belongs to a student, by the layout's word."""

    assignment: str
    """The assignment's folder name as on disk."""
    student: str
    """The student's name as on disk."""
    folder: Path
    """Where the files lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLayout:
    """One layout that a folder seems to have."""

    layout: Layout
    """Which one."""
    root: Path
    """The folder that the layout begins at."""


def find_layout(
    folder: Path, faults: FaultList, *, wanted: Layout | None
) -> FoundLayout | None:
    """Return the layout of a folder, and note what lies beside it.

    Args:
        folder: What is to be loaded.
        faults: Where an ambiguous layout or one that was not found goes.
        wanted: The layout that somebody asked for; None to find out.

    Returns:
        The layout, or None when there are no workspaces or a fault.
    """
    candidates = list(_iter_candidates(folder))
    if wanted is not None:
        candidates = [found for found in candidates if found.layout == wanted]
    if len(candidates) > 1:
        shown = " and ".join(
            f"{found.layout.value} at '{faults.show(found.root)}'"
            for found in candidates
        )
        faults.add(folder, f"Found the layouts {shown}, expected one; say which")
        return None
    if candidates:
        _note_what_lies_beside(candidates[0], folder, faults)
        return candidates[0]
    # Any folder of folders looks native, so that comes last.
    if wanted in {None, Layout.NATIVE} and any(_iter_folders(folder, _quiet(folder))):
        return FoundLayout(layout=Layout.NATIVE, root=folder)
    if wanted is not None:
        faults.add(folder, f"Found no workspaces in the {wanted.value} layout")
    return None


def _quiet(root: Path) -> FaultList:
    """Return a list for looking around, whose faults somebody else reports."""
    return FaultList(root)


def _note_what_lies_beside(found: FoundLayout, folder: Path, faults: FaultList) -> None:
    used = {found.root, *_classroom_folders(found.root, _quiet(found.root))}
    for path in _iter_folders(folder, _quiet(folder)):
        if path not in used:
            faults.note(path, f"left out: beside the {found.layout.value} layout")


def list_student_folders(found: FoundLayout, faults: FaultList) -> list[FoundFolder]:
    """Return every student's folder, sorted by assignment and student.

    Links are never followed; one in the place of a folder is a fault.
    """
    readers = {
        Layout.NATIVE: _iter_native,
        Layout.NBGRADER: _iter_nbgrader,
        Layout.CLASSROOM: _iter_classroom,
    }
    folders = readers[found.layout](found.root, faults)
    return sorted(folders, key=lambda found: (found.assignment, found.student))


def list_assignment_folders(found: FoundLayout) -> dict[str, Path]:
    """Return the assignments that have a folder of their own, also without students.

    nbgrader's layout has none: there an assignment shows only under its students.
    """
    quiet = _quiet(found.root)
    if found.layout is Layout.NATIVE:
        return {path.name: path for path in _iter_folders(found.root, quiet)}
    if found.layout is Layout.CLASSROOM:
        folders = _classroom_folders(found.root, quiet)
        return {_assignment_of(path): path for path in folders}
    return {}


def _iter_candidates(folder: Path) -> Iterator[FoundLayout]:
    quiet = _quiet(folder)
    names = {path.name for path in _iter_folders(folder, quiet)}
    if WORKSPACES in names:
        yield FoundLayout(layout=Layout.NATIVE, root=folder / WORKSPACES)
    if SUBMITTED in names:
        yield FoundLayout(layout=Layout.NBGRADER, root=folder / SUBMITTED)
    if any(_is_classroom(path) for path in _classroom_folders(folder, quiet)):
        yield FoundLayout(layout=Layout.CLASSROOM, root=folder)


def _iter_native(root: Path, faults: FaultList) -> Iterator[FoundFolder]:
    for assignment in _iter_folders(root, faults):
        for student in _iter_folders(assignment, faults):
            yield FoundFolder(
                assignment=assignment.name, student=student.name, folder=student
            )


def _iter_nbgrader(root: Path, faults: FaultList) -> Iterator[FoundFolder]:
    for student in _iter_folders(root, faults):
        for assignment in _iter_folders(student, faults):
            yield FoundFolder(
                assignment=assignment.name, student=student.name, folder=assignment
            )


def _iter_classroom(root: Path, faults: FaultList) -> Iterator[FoundFolder]:
    for folder in _classroom_folders(root, faults):
        assignment = _assignment_of(folder)
        for student in _iter_folders(folder, faults):
            login = student.name.removeprefix(f"{assignment}-")
            if login in {student.name, ""}:
                message = (
                    f"Found folder '{show_text(student.name)}', expected "
                    f"'{show_text(assignment)}-<login>'"
                )
                faults.add(student, message)
                continue
            yield FoundFolder(assignment=assignment, student=login, folder=student)


def _classroom_folders(root: Path, faults: FaultList) -> list[Path]:
    """Return the ``…-submissions`` folders, be it the root itself."""
    if root.name.endswith(CLASSROOM_SUFFIX) and _is_classroom(root):
        return [root]
    return [
        path
        for path in _iter_folders(root, faults)
        if path.name.endswith(CLASSROOM_SUFFIX)
    ]


def _is_classroom(folder: Path) -> bool:
    prefix = f"{_assignment_of(folder)}-"
    quiet = _quiet(folder)
    return any(path.name.startswith(prefix) for path in _iter_folders(folder, quiet))


def _assignment_of(folder: Path) -> str:
    return folder.name.removesuffix(CLASSROOM_SUFFIX)


def _iter_folders(folder: Path, faults: FaultList) -> Iterator[Path]:
    """Yield the folders in a folder, sorted; what is none is noted or a fault."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        faults.add(folder, f"Found a folder that cannot be read: {error.strerror}")
        return
    for entry in found:
        path = folder / entry.name
        if entry.is_symlink():
            faults.add(path, "Found a link, expected a folder; links are not followed")
        elif _IGNORED.match(entry.name):
            faults.note(path, "left out: hidden, or left behind by a tool")
        elif not entry.is_dir(follow_symlinks=False):
            if folder == faults.root and entry.name in KNOWN_FILES:
                continue
            faults.note(path, "left out: a file beside the folders")
        elif not is_utf8(entry.name):
            faults.add(path, "Found a name that is not UTF-8, expected UTF-8")
        else:
            yield path
