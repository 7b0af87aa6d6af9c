"""What a folder says about a course: the values between reading and loading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bookbag.domain.courses.models import AssignmentKind, EnrolmentRole


class Layout(Enum):
    """How workspaces lie on disk."""

    NATIVE = "native"
    """``<assignment>/<student>/…``, perhaps under ``workspaces``."""
    NBGRADER = "nbgrader"
    """``submitted/<student>/<assignment>/…``."""
    CLASSROOM = "classroom"
    """``<assignment>-submissions/<assignment>-<login>/…``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPerson:
    """One person of the roster."""

    username: str
    """Unique in the roster without regard to case."""
    email: str
    """Empty when the roster has none; else unique in the roster."""
    first_name: str
    """May be empty."""
    last_name: str
    """May be empty."""
    path: str
    """The file that names the person, to report faults that only the database knows."""
    line: int | None
    """The line of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEnrolment:
    """One person in one role."""

    username: str
    """As in the person."""
    role: EnrolmentRole
    """Teacher or student."""
    is_read_only: bool = False
    """Whether a teacher may only look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who is in the course."""

    origin: str
    """What it was read from, for people."""
    is_complete: bool
    """Whether who is not in it is not in the course; not so for folder names."""
    people: tuple[PlannedPerson, ...]
    """In the order of the file."""
    enrolments: tuple[PlannedEnrolment, ...]
    """In the order of the file."""
    mentioned: frozenset[str]
    """Every user name that was read, also those at fault, as ``match_key`` has it."""
    course_name: str = ""
    """What the roster calls the course, if it does."""

    def usernames(self, role: EnrolmentRole) -> list[str]:
        """Return who has that role."""
        return [entry.username for entry in self.enrolments if entry.role == role]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStack:
    """One stack of the course file."""

    name: str
    """Its name."""
    version: str
    """Its version, perhaps empty."""

    @property
    def label(self) -> str:
        """How assignments refer to it."""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAssignment:
    """One assignment."""

    name: str
    """As people read it."""
    folder: str
    """The name of its folder, in NFC."""
    module: str
    """The name of its module."""
    kind: AssignmentKind = AssignmentKind.PROJECT
    """What it is made of."""
    book_name: str = ""
    """The book that it reports, when it is book-based."""
    stack: PlannedStack | None = None
    """What its projects are opened with; None when nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDescription:
    """What the course file says."""

    name: str
    """Empty when it gives none."""
    title: str
    """Perhaps empty."""
    description: str
    """Perhaps empty."""
    stacks: tuple[PlannedStack, ...]
    """All stacks of the file."""
    modules: tuple[str, ...]
    """Names in order."""
    assignments: tuple[PlannedAssignment, ...]
    """In order of modules, then of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWorkspace:
    """One student's folder of one assignment."""

    username: str
    """Its owner, as in the roster."""
    assignment_folder: str
    """Which assignment, as in ``PlannedAssignment.folder``."""
    folder: Path
    """Where the files lie; absolute."""
    file_count: int
    """Files seen in it, links not followed."""
    size_bytes: int
    """Bytes in these files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOutline:
    """What was understood of one assignment, to show before loading.

    Invariants: the three counts of students add up to the students of the roster.
    """

    assignment: PlannedAssignment
    """Which one."""
    worked_count: int
    """Students with files."""
    empty_count: int
    """Students with a folder that holds no file."""
    not_started_count: int
    """Students without a folder."""
    file_count: int
    """Files of all students."""
    size_bytes: int
    """Bytes in these files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePlan:
    """Everything that a folder says about a course, checked and ready to load."""

    folder: Path
    """What was read; absolute."""
    course_name: str
    """The course to make or to update."""
    layout: Layout | None
    """How the workspaces lie; None when there are none."""
    roster: Roster
    """Who is in it."""
    description: CourseDescription | None
    """The course file, if there is one."""
    modules: tuple[str, ...]
    """Names in order."""
    assignments: tuple[PlannedAssignment, ...]
    """In order."""
    workspaces: tuple[PlannedWorkspace, ...]
    """In order of assignments, then of folder names."""
    notes: tuple[str, ...]
    """What was left out or read leniently."""
    addresses: Mapping[Path, str] = field(default_factory=dict)
    """Where on a store each workspace lies, if it does."""

    def outline(self) -> list[AssignmentOutline]:
        """Return what was understood of each assignment, in order."""
        student_count = len(self.roster.usernames(EnrolmentRole.STUDENT))
        found: dict[str, list[PlannedWorkspace]] = {
            assignment.folder: [] for assignment in self.assignments
        }
        for workspace in self.workspaces:
            found[workspace.assignment_folder].append(workspace)
        return [
            AssignmentOutline(
                assignment=assignment,
                worked_count=sum(w.file_count > 0 for w in found[assignment.folder]),
                empty_count=sum(w.file_count == 0 for w in found[assignment.folder]),
                not_started_count=student_count - len(found[assignment.folder]),
                file_count=sum(w.file_count for w in found[assignment.folder]),
                size_bytes=sum(w.size_bytes for w in found[assignment.folder]),
            )
            for assignment in self.assignments
        ]
