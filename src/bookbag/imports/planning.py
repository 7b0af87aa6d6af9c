"""From a folder to a plan: everything that can be checked without the database."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.formats.course_file import FOLDER_LIMIT, NAME_LIMIT
from bookbag.formats.texts import has_control_character, is_utf8, show_text
from bookbag.imports.course_files import COURSE_FILE_NAME, read_course_file
from bookbag.imports.errors import Fault, LoadFaultsError
from bookbag.imports.faults import FaultList, match_key
from bookbag.imports.layouts import (
    FoundFolder,
    FoundLayout,
    find_layout,
    list_assignment_folders,
    list_student_folders,
)
from bookbag.imports.oneroster import is_bundle, read_bundle
from bookbag.imports.people_rules import RosterBuilder
from bookbag.imports.plan import (
    CourseDescription,
    CoursePlan,
    Layout,
    PlannedAssignment,
    PlannedPerson,
    PlannedWorkspace,
    Roster,
)
from bookbag.imports.rosters import COLUMNS, ROSTER_NAME, read_roster
from bookbag.imports.stored_layout import StoredWorkspaces, list_stored
from bookbag.imports.tree_counts import count_files

DEFAULT_MODULE = "Assignments"
PATH_LIMIT = 4096


def plan_load(
    path: Path,
    *,
    course_name: str | None = None,
    layout: Layout | None = None,
    class_name: str | None = None,
    stored_at: str | None = None,
) -> CoursePlan:
    """Read a folder and return what it says about a course; nothing is written.

    Args:
        path: The folder with the roster and the workspaces.
        course_name: What to call the course; otherwise the course file, the roster's
            class or the folder decides, in this order.
        layout: How the workspaces lie; None to find out.
        class_name: Which class of a OneRoster bundle with several.
        stored_at: Where the workspaces lie on the store, if they do.

    Returns:
        A plan without a fault.

    Raises:
        LoadFaultsError: With every fault at once.
    """
    try:
        root = path.expanduser().resolve(strict=True)
        is_folder = root.is_dir()
    except (OSError, RuntimeError, ValueError):
        is_folder = False
    if not is_folder:
        shown = show_text(str(path))
        fault = Fault(path=shown, line=None, message="Found no folder, expected one")
        raise LoadFaultsError([fault])
    stored = None if stored_at is None else list_stored(stored_at, root)
    reader = _FolderReader(root, layout=layout, class_name=class_name, stored=stored)
    return reader.read(course_name)


class _FolderReader:
    """Reads one folder part by part and brings the parts together.

    Invariants: used once; ``faults`` is raised at the end of ``read``.
    """

    def __init__(
        self,
        root: Path,
        *,
        layout: Layout | None,
        class_name: str | None,
        stored: StoredWorkspaces | None,
    ) -> None:
        self.root = root
        self.faults = FaultList(root)
        self.class_name = class_name
        self.found: FoundLayout | None = None
        self.addresses: Mapping[Path, str] = {}
        self.count_files = count_files
        self.folders: list[FoundFolder] = []
        if stored is not None:
            self.folders = stored.folders
            self.addresses, self.count_files = stored.addresses, stored.count
            return
        self.found = find_layout(root, self.faults, wanted=layout)
        if self.found:
            self.folders = list_student_folders(self.found, self.faults)

    def read(self, course_name: str | None) -> CoursePlan:
        roster = self._read_roster()
        description = self._read_description()
        assignments = self._plan_assignments(description)
        workspaces = self._plan_workspaces(roster)
        if course_name is None:
            names = [description.name] if description else []
            names += [roster.course_name, self.root.name]
            course_name = next((name for name in names if name), "")
        self._check_course_name(course_name)
        self.faults.raise_if_any()
        return CoursePlan(
            folder=self.root,
            course_name=course_name.strip(),
            layout=self.found.layout if self.found else None,
            roster=roster,
            description=description,
            modules=description.modules if description else (DEFAULT_MODULE,),
            assignments=tuple(assignments),
            workspaces=tuple(self._count(workspaces, assignments)),
            notes=tuple(self.faults.notes),
            addresses=self.addresses,
        )

    def _read_roster(self) -> Roster:
        path = self.root / ROSTER_NAME
        has_roster = path.exists() or path.is_symlink()
        has_bundle = is_bundle(self.root)
        if has_roster and has_bundle:
            message = f"Found {ROSTER_NAME} and a OneRoster bundle, expected one roster"
            self.faults.add(self.root, message)
        if has_roster:
            return read_roster(path, self.faults)
        if has_bundle:
            return read_bundle(self.root, self.faults, class_name=self.class_name)
        if self.found is None or self.found.layout is not Layout.CLASSROOM:
            message = (
                f"Found no roster, expected {ROSTER_NAME} with the columns "
                f"{', '.join(COLUMNS)}, or a OneRoster bundle"
            )
            self.faults.add(self.root, message)
            return RosterBuilder(self.root, self.faults).build(origin="")
        return self._make_roster_of_logins()

    def _make_roster_of_logins(self) -> Roster:
        """Return a roster of those who have a folder, by the name of their account."""
        builder = RosterBuilder(self.root, self.faults)
        for login in dict.fromkeys(found.student for found in self.folders):
            if match_key(login) not in builder.mentioned:
                person = PlannedPerson(
                    username=login,
                    email="",
                    first_name="",
                    last_name="",
                    path=self.faults.show(self.root),
                    line=None,
                )
                builder.add(person, EnrolmentRole.STUDENT)
        self.faults.notes.append("no roster: students are named after their folders")
        return builder.build(origin="folder names", is_complete=False)

    def _read_description(self) -> CourseDescription | None:
        path = self.root / COURSE_FILE_NAME
        if not path.exists() and not path.is_symlink():
            return None
        return read_course_file(path, self.faults)

    def _check_course_name(self, name: str) -> None:
        name = name.strip()
        if not name or len(name) > NAME_LIMIT:
            message = (
                f"Course name is {len(name)} characters, limit is {NAME_LIMIT} and "
                "at least 1"
            )
            self.faults.add(self.root, message)
        elif has_control_character(name) or not is_utf8(name):
            shown = show_text(name)
            message = f"Found course name '{shown}', expected plain text"
            self.faults.add(self.root, message)

    def _plan_assignments(
        self, description: CourseDescription | None
    ) -> list[PlannedAssignment]:
        folders = self._list_folder_names()
        if description is None:
            planned = [
                PlannedAssignment(name=name, folder=name, module=DEFAULT_MODULE)
                for name in folders
                if self._check_folder_name(name, folders[name])
            ]
        else:
            planned = list(description.assignments)
            known = {assignment.folder for assignment in planned}
            for name in sorted(folders.keys() - known):
                message = (
                    f"Found folder '{show_text(name)}', expected the folder of an "
                    f"assignment in {COURSE_FILE_NAME}"
                )
                self.faults.add(folders[name], message)
        if not planned and not self.faults.faults:
            self.faults.add(self.root, "Found no assignment, expected at least one")
        return planned

    def _list_folder_names(self) -> dict[str, Path]:
        """Return the assignments' folder names in NFC, each with a path to show."""
        own = {} if self.found is None else list_assignment_folders(self.found)
        names = {unicodedata.normalize("NFC", name): own[name] for name in own}
        for found in self.folders:
            # For nbgrader the first student's folder stands for the assignment.
            names.setdefault(
                unicodedata.normalize("NFC", found.assignment), found.folder
            )
        return dict(sorted(names.items()))

    def _check_folder_name(self, name: str, path: Path) -> bool:
        if has_control_character(name):
            shown = show_text(name)
            message = f"Found folder '{shown}', expected a name of plain text"
            self.faults.add(path, message)
            return False
        if len(name) > min(NAME_LIMIT, FOLDER_LIMIT):
            message = (
                f"Name of the folder '{show_text(name)}' is {len(name)} characters, "
                f"limit is {NAME_LIMIT}; {COURSE_FILE_NAME} can give a shorter name"
            )
            self.faults.add(path, message)
            return False
        return True

    def _plan_workspaces(self, roster: Roster) -> list[tuple[str, FoundFolder]]:
        """Return the folders of students, each with its owner's user name."""
        students = {
            match_key(username): username
            for username in roster.usernames(EnrolmentRole.STUDENT)
        }
        owned: dict[tuple[str, str], FoundFolder] = {}
        for found in self.folders:
            key = match_key(found.student)
            if key not in students:
                self._report_stranger(found, roster)
                continue
            place = (match_key(found.assignment), key)
            first = owned.setdefault(place, found)
            if first is not found:
                message = (
                    f"Found a second folder of '{show_text(students[key])}', expected "
                    f"one; first at '{self.faults.show(first.folder)}'"
                )
                self.faults.add(found.folder, message)
            elif len(str(found.folder)) > PATH_LIMIT or not is_utf8(str(found.folder)):
                message = (
                    f"Found a path that is not UTF-8 or over {PATH_LIMIT} characters"
                )
                self.faults.add(found.folder, message)
        return [(students[key], found) for (_, key), found in owned.items()]

    def _report_stranger(self, found: FoundFolder, roster: Roster) -> None:
        key = match_key(found.student)
        if key in {match_key(entry.username) for entry in roster.enrolments}:
            self.faults.note(found.folder, "left out: it belongs to a teacher")
        elif roster.mentioned and key not in roster.mentioned:
            message = (
                f"Found a folder of '{show_text(found.student)}', expected a student "
                f"of {roster.origin}"
            )
            self.faults.add(found.folder, message)

    def _count(
        self,
        owned: Sequence[tuple[str, FoundFolder]],
        assignments: Sequence[PlannedAssignment],
    ) -> list[PlannedWorkspace]:
        order = {a.folder: number for number, a in enumerate(assignments)}
        planned = []
        for username, found in owned:
            file_count, size_bytes = self.count_files(found.folder)
            workspace = PlannedWorkspace(
                username=username,
                assignment_folder=unicodedata.normalize("NFC", found.assignment),
                folder=found.folder,
                file_count=file_count,
                size_bytes=size_bytes,
            )
            planned.append(workspace)
        return sorted(
            planned, key=lambda w: (order[w.assignment_folder], w.folder.as_posix())
        )
