"""``course.json`` of an archive: what a course is made of, without anybody's rights.

Source: ``docs/formats/archive.md``; ADR 0084.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bookbag.domain.courses.models import AssignmentKind
from bookbag.formats.strict_json import StrictReader, parse_strictly
from bookbag.formats.texts import show_text

FORMAT = "bookbag-course/2"
NAME_LIMIT = 200
FOLDER_LIMIT = 255
VERSION_LIMIT = 60
TITLE_LIMIT = 300
DESCRIPTION_LIMIT = 20_000
"""Of a file that people write."""
KEPT_DESCRIPTION_LIMIT = 1_000_000
"""Of an archive: pages accept more than a file for loading."""
USERNAME_LIMIT = 150
TIME_LIMIT = 40
NEVER = datetime.min.replace(tzinfo=UTC)
_COURSE_KEYS = (
    "format",
    "workspace",
    "name",
    "title",
    "description",
    "created_at",
    "modules",
    "stacks",
    "projects",
)
_MODULE_KEYS = ("name", "assignments")
_ASSIGNMENT_KEYS = ("name", "folder", "kind", "book_name")
_STACK_KEYS = ("name", "version")
_PROJECT_KEYS = ("assignment", "username", "stack")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedAssignment:
    """One assignment."""

    name: str
    folder: str
    """Unique in the course; what workspaces lie under, made portable."""
    kind: AssignmentKind
    book_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedModule:
    """One module with its assignments, in order."""

    name: str
    assignments: tuple[DescribedAssignment, ...]


@dataclass(frozen=True, slots=True, order=True)
class DescribedStack:
    """A stack, as its catalogue calls it."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedProject:
    """Which stack a student's project is opened with."""

    assignment: str
    """The assignment's folder."""
    username: str
    stack: DescribedStack | None
    """None when nobody chose one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedCourse:
    """Everything that the file says."""

    workspace: str
    """The name of the tenant that it came from."""
    name: str
    title: str
    description: str
    created_at: datetime
    modules: tuple[DescribedModule, ...]
    stacks: tuple[DescribedStack, ...]
    projects: tuple[DescribedProject, ...]

    def to_document(self) -> dict[str, object]:
        """Return the document as it is written."""
        return {
            **asdict(self),
            "format": FORMAT,
            "created_at": self.created_at.isoformat(),
        }


def read_described_course(
    content: bytes, note: Callable[[str], None]
) -> DescribedCourse | None:
    """Return what a file says, or None after saying everything that is wrong with it.

    Args:
        content: The file.
        note: Told what was found, what was expected, and where.
    """
    faults: list[str] = []
    value: object = None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        faults.append(f"Found bytes that are not UTF-8 at {error.start}")
    else:
        value = parse_strictly(text, lambda message, _line: faults.append(message))
    described = None if faults else _Reader(faults.append).read(value)
    for fault in faults:
        note(fault)
    return None if faults else described


def read_kind(
    reader: StrictReader, record: Mapping[str, object], place: str
) -> tuple[AssignmentKind, str]:
    """Return what an assignment is made of, and the book when it is book-based."""
    book_name = reader.read_text(record, "book_name", place, NAME_LIMIT)
    kind = reader.read_text(record, "kind", place, NAME_LIMIT)
    if kind not in {"", *AssignmentKind.values}:
        choices = " or ".join(AssignmentKind.values)
        reader.refuse(f"{place}.kind", f"Found '{show_text(kind)}', expected {choices}")
    elif kind == AssignmentKind.BOOK and not book_name:
        reader.refuse(f"{place}.book_name", "Found no name of the book, expected one")
    elif kind == AssignmentKind.PROJECT and book_name:
        reader.refuse(f"{place}.book_name", "Found a book, expected none of a project")
    return AssignmentKind.BOOK if book_name else AssignmentKind.PROJECT, book_name


def check_folder(reader: StrictReader, folder: str, place: str) -> None:
    """Note an assignment's folder that is no plain name."""
    if "/" in folder or folder in {".", ".."}:
        message = "Found a path, expected one folder's name"
        reader.refuse(f"{place}.folder", message)


class _ProseReader(StrictReader):
    # People paste whatever they have into a description; only NUL is no text.
    BLANKS = "".join(map(chr, (*range(1, 32), *range(127, 160))))


class _Reader(StrictReader):
    BLANKS = "\t\n\r"

    def read(self, value: object) -> DescribedCourse | None:
        course = self.read_object(value, "the file", _COURSE_KEYS)
        found = self.read_text(course, "format", "", NAME_LIMIT)
        if found != FORMAT:
            shown = f"'{show_text(found)}'" if found else "no format"
            self.refuse("format", f"Found {shown}, expected {FORMAT}")
            return None
        modules = tuple(self._iter_modules(course.get("modules")))
        assignments = [a for module in modules for a in module.assignments]
        self.check_unique([module.name for module in modules], "module")
        self.check_unique([a.name for a in assignments], "assignment name")
        self.check_unique([a.folder for a in assignments], "assignment folder")
        return DescribedCourse(
            workspace=self.read_text(course, "workspace", "", NAME_LIMIT),
            name=self.read_text(course, "name", "", NAME_LIMIT, is_required=True),
            title=self.read_text(course, "title", "", TITLE_LIMIT),
            description=_ProseReader(self._note).read_text(
                course, "description", "", KEPT_DESCRIPTION_LIMIT
            ),
            created_at=self._read_time(course),
            modules=modules,
            stacks=tuple(
                self._read_stack(item, place)
                for place, item in self.iter_items(course.get("stacks"), "stacks")
            ),
            projects=tuple(
                self._read_project(item, place)
                for place, item in self.iter_items(course.get("projects"), "projects")
            ),
        )

    def _read_time(self, course: Mapping[str, object]) -> datetime:
        text = self.read_text(course, "created_at", "", TIME_LIMIT)
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            message = f"Found '{show_text(text)}', expected a time"
            self.refuse("created_at", message)
            return NEVER

    def _iter_modules(self, value: object) -> Iterator[DescribedModule]:
        for place, item in self.iter_items(value, "modules"):
            record = self.read_object(item, place, _MODULE_KEYS)
            items = self.iter_items(record.get("assignments"), f"{place}.assignments")
            yield DescribedModule(
                name=self._read_name(record, "name", place),
                assignments=tuple(self._read_assignment(i, p) for p, i in items),
            )

    def _read_assignment(self, value: object, place: str) -> DescribedAssignment:
        record = self.read_object(value, place, _ASSIGNMENT_KEYS)
        kind, book_name = read_kind(self, record, place)
        folder = self._read_name(record, "folder", place, FOLDER_LIMIT)
        check_folder(self, folder, place)
        return DescribedAssignment(
            name=self._read_name(record, "name", place),
            folder=folder,
            kind=kind,
            book_name=book_name,
        )

    def _read_stack(self, value: object, place: str) -> DescribedStack:
        record = self.read_object(value, place, _STACK_KEYS)
        return DescribedStack(
            self._read_name(record, "name", place),
            self.read_text(record, "version", place, VERSION_LIMIT),
        )

    def _read_project(self, value: object, place: str) -> DescribedProject:
        record = self.read_object(value, place, _PROJECT_KEYS)
        stack = record.get("stack")
        return DescribedProject(
            assignment=self._read_name(record, "assignment", place, FOLDER_LIMIT),
            username=self._read_name(record, "username", place, USERNAME_LIMIT),
            stack=None if stack is None else self._read_stack(stack, f"{place}.stack"),
        )

    def _read_name(
        self,
        record: Mapping[str, object],
        key: str,
        place: str,
        limit: int = NAME_LIMIT,
    ) -> str:
        return self.read_text(record, key, place, limit, is_required=True)
