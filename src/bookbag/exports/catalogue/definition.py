"""What an entry of the catalogue is made of."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bagkit.archive import ArchiveStream, EarlierWork, Progress
from bookbag.domain.courses.models import Assignment, Course, Project
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.options import (
    CIRCLE,
    EVERYBODY,
    IDENTITIES,
    IGNORE,
    PSEUDONYMISE,
    REPLACE,
    REPORT,
    SUBJECT,
    Option,
    choose_from,
    choose_purpose,
)

READING = "reading"
"""The option of archives that says which files to read."""
READ_CHANGED = "changed"
"""What did not change is copied from the earlier archive."""
READ_ALL = "all"


class ScopeKind(enum.Enum):
    """What an export is about."""

    WORKSPACE = "workspace"
    COURSE = "course"
    ASSIGNMENT = "assignment"
    STUDENT = "student"
    PROJECT = "project"
    USER = "user"


ABOUT_ONE = (ScopeKind.STUDENT, ScopeKind.PROJECT, ScopeKind.USER)
"""What is about one person, whom a scope calls its subject."""


class People(enum.Enum):
    """Where an export names people, and so what can be done about it."""

    NOWHERE = "nowhere"
    IN_ROWS = "rows"
    """In tables: they can get pseudonyms."""
    IN_FILES = "files"
    """Also in files of work, which can be searched too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportScope:
    """The thing that one export is about."""

    workspace: Workspace
    course: Course | None = None
    assignment: Assignment | None = None
    subject: User | None = None
    """The student, or the person for their own data."""
    project: Project | None = None
    """A project that belongs to no assignment."""

    @property
    def kind(self) -> ScopeKind:
        """What the scope is, by the most exact thing it names."""
        is_work = self.subject is not None and self.assignment is not None
        if is_work or self.project is not None:
            return ScopeKind.PROJECT
        if self.subject is not None:
            return ScopeKind.USER if self.course is None else ScopeKind.STUDENT
        if self.assignment is not None:
            return ScopeKind.ASSIGNMENT
        return ScopeKind.WORKSPACE if self.course is None else ScopeKind.COURSE

    @property
    def key(self) -> str:
        """A text that is equal for equal scopes and for no others."""
        parts = (self.workspace, self.course, self.assignment, self.subject)
        key = ":".join("-" if part is None else str(part.pk) for part in parts)
        return key if self.project is None else f"{key}:{self.project.pk}"

    @property
    def name(self) -> str:
        """What people call it, kept with the export when the thing is gone."""
        own = None if self.project is None else self.project.title
        words = (self.course, self.assignment, self.subject, own)
        named = " / ".join(str(word) for word in words if word is not None)
        return named or self.workspace.name

    @classmethod
    def of_assignment(cls, assignment: Assignment) -> "ExportScope":
        """Return the scope of one assignment."""
        course = assignment.course
        return cls(workspace=course.workspace, course=course, assignment=assignment)

    @classmethod
    def of_student(cls, course: Course, student: User) -> "ExportScope":
        """Return the scope of one student's work in a course."""
        return cls(workspace=course.workspace, course=course, subject=student)

    @classmethod
    def of_project(cls, project: Project) -> "ExportScope":
        """Return the scope of one student's project, or of a person's own."""
        return cls(
            workspace=project.home,
            course=project.course,
            assignment=project.assignment,
            subject=project.owner,
            project=project if project.assignment is None else None,
        )

    @classmethod
    def of_course(cls, course: Course) -> "ExportScope":
        """Return the scope of a whole course."""
        return cls(workspace=course.workspace, course=course)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionContext:
    """All that an export definition needs to produce its file.

    Invariants: nothing else may come in (no clock, no request), so that the same
    snapshot gives the same bytes on any worker.
    """

    export_id: str
    scope: ExportScope
    options: Mapping[str, str]
    snapshot_at: datetime
    staged: Path
    """The file to write; nobody sees it before it is published."""
    earlier: EarlierWork
    """What earlier attempts and exports left that can be used again."""
    on_progress: Callable[[Progress], None]
    """Call it often: it raises when the export was cancelled or taken over."""
    open_stream: Callable[[str, int], ArchiveStream | None] = lambda *_: None
    """Begins an archive of that suffix and so many workspaces that goes elsewhere while
    it is written; None where it is staged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptNumbers:
    """The receipt of a product: the exact document and the sums in it."""

    document: bytes
    expected: int
    present: int
    empty: int
    excluded: int
    failed: int
    file_count: int
    payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A file that was staged or streamed, ready to be published."""

    file_name: str
    """Its end says what kind of file it is."""
    media_type: str
    sha256: str
    size_bytes: int
    problem_count: int
    receipt: ReceiptNumbers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDefinition:
    """One entry of the catalogue: everything that faces and jobs know about it."""

    identifier: str
    scope_kind: ScopeKind
    get_title: Callable[[], str]
    """The title in the words that ``BOOKBAG_TERMS`` chooses."""
    may_request: Callable[[User, ExportScope], bool]
    """Answers who may ask for it, see it and download it."""
    produce: Callable[[ProductionContext], Product]
    people: People
    """Where it names people; the options about them follow from it."""
    sends_mail: bool = True
    """Whether the people who asked get a mail; small files are simply downloaded."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """The options that it alone knows; in the catalogue, all."""
    check_options: Callable[[ExportScope, Mapping[str, str]], None] | None = None
    """Raises ``OptionsError`` for choices that do not go together or with the scope."""

    @property
    def is_quick(self) -> bool:
        """Whether it takes seconds: it is downloaded by itself and sends no mail."""
        return not self.sends_mail

    @property
    def people_options(self) -> dict[str, Option]:
        """The options that follow from where it names people."""
        options: dict[str, Option] = {}
        if self.people is not People.NOWHERE:
            options[PSEUDONYMISE] = choose_purpose()
        if self.people is People.IN_FILES:
            options[IDENTITIES] = choose_from(IGNORE, REPORT, REPLACE)
        if options and self.scope_kind in ABOUT_ONE:
            options[CIRCLE] = choose_from(EVERYBODY, SUBJECT)
        return options
