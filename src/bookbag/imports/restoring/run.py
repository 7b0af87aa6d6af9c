"""What all steps of one restore share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bagkit.tables import TableSchema
from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import User, Workspace
from bookbag.imports.restoring.archives import CourseArchive
from bookbag.imports.restoring.ledger import Kind, Ledger, Outcome
from bookbag.imports.restoring.rows import Row, iter_rows


@dataclass(slots=True, kw_only=True)
class RestoreRun:
    """One pass over an archive: to look, or to make what is missing.

    Invariants: a run that only looks leaves its new rows unsaved, so that what refers
    to them can be looked at too.
    """

    archive: CourseArchive
    workspace: Workspace
    course: Course
    """Saved when it is here already, or when this run makes it."""
    is_dry: bool
    now: datetime
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Where the files of each workspace are now, by its folder in the archive."""
    ledger: Ledger = field(default_factory=Ledger)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    """By name, found or new."""
    people: dict[str, User] = field(default_factory=dict)
    """By the archive's user name in lower case, found or new."""
    newcomers: set[str] = field(default_factory=set)
    """Keys of ``people`` who are new on this server."""
    compared: dict[tuple[str, str], str] = field(default_factory=dict)
    """In what files here differ from the archive's, by both folders; a run that looks
    hands it on, so that no file is read while the database is locked."""
    wanted: dict[str, str] = field(default_factory=dict)
    """Folders in the archive whose files are needed, with what people call them."""

    @property
    def is_new_course(self) -> bool:
        """Whether the course was not here before."""
        return self.ledger.count(Outcome.CREATE, Kind.COURSE) > 0

    def iter_rows(self, schema: TableSchema, kind: Kind) -> Iterator[Row]:
        """Yield the rows of a table that can be read; an archive may lack it."""
        if self.archive.has_table(schema):
            found = self.archive.iter_table(schema)
            yield from iter_rows(found, schema, kind, self.ledger)

    def find_place(self, row: Row, kind: Kind) -> tuple[Assignment, User] | None:
        """Return whose work in which assignment a row is about, or refuse it."""
        name, username = row.text("assignment_name"), row.text("username")
        assignment = self.assignments.get(name)
        person = self.people.get(username.lower())
        label = f"{username} in {name}"
        if assignment is None:
            self.refuse(kind, label, "Found no such assignment in the course", row)
        elif person is None:
            self.refuse(kind, label, "Found no such person in the roster", row)
        else:
            return assignment, person
        return None

    def refuse(self, kind: Kind, label: str, reason: str, row: Row) -> None:
        """Note a row that is not brought in."""
        self.ledger.note(kind, Outcome.REFUSED, label, reason, row.number)
