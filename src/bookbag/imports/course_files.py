"""The course file: what a roster and folders cannot say about a course.

It is optional. It is JSON, read strictly: a key that nobody knows is more likely a
typing error than something to pass over.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bookbag.domain.courses.models import AssignmentKind
from bookbag.imports.csv_tables import decode_text, read_file
from bookbag.imports.faults import (
    FaultList,
    has_control_character,
    is_utf8,
    show_text,
)
from bookbag.imports.plan import CourseDescription, PlannedAssignment, PlannedStack

COURSE_FILE_NAME = "course.json"
COURSE_KEYS = ("name", "title", "description", "stacks", "modules")
STACK_KEYS = ("name", "version")
MODULE_KEYS = ("name", "assignments")
ASSIGNMENT_KEYS = ("name", "folder", "kind", "book_name", "stack")
NAME_LIMIT = 200
FOLDER_LIMIT = 255
VERSION_LIMIT = 60
TITLE_LIMIT = 300
DESCRIPTION_LIMIT = 20_000


class _DoubledKeyError(ValueError):
    """An object of the file has a key twice."""


def read_course_file(path: Path, faults: FaultList) -> CourseDescription | None:
    """Read a course file; what is wrong with it goes to the faults.

    Args:
        path: The file.
        faults: Where faults go.

    Returns:
        The description, or None when there is a fault.
    """
    content = read_file(path, faults)
    return None if content is None else parse_course_file(content, path, faults)


def parse_course_file(
    content: bytes, path: Path, faults: FaultList
) -> CourseDescription | None:
    """Parse a course file's bytes; see ``read_course_file``."""
    known_faults = len(faults.faults)
    text = decode_text(content, path=path, faults=faults)
    value = None if text is None else _parse_json(text, path, faults)
    if len(faults.faults) > known_faults:
        return None
    description = _CourseReader(path, faults).read(value)
    return description if len(faults.faults) == known_faults else None


def _parse_json(text: str, path: Path, faults: FaultList) -> object:
    try:
        return json.loads(text, object_pairs_hook=_refuse_doubled_keys)
    except json.JSONDecodeError as error:
        message = f"Found text that is not JSON: {error.msg} at column {error.colno}"
        faults.add(path, message, line=error.lineno)
    except _DoubledKeyError as error:
        faults.add(path, str(error))
    except RecursionError:
        faults.add(path, "Found values nested too deeply, expected a course")
    except ValueError:
        # Python refuses to convert numbers of more than 4 300 digits.
        faults.add(path, "Found a number that is too long, expected a course")
    return None


def _refuse_doubled_keys(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    record: dict[str, object] = {}
    for key, value in pairs:
        if key in record:
            message = f"Found key '{show_text(key)}' twice in one object, expected once"
            raise _DoubledKeyError(message)
        record[key] = value
    return record


class _CourseReader:
    """Turns JSON values into a description and collects every fault on the way.

    Invariants: a place is a path like ``modules[0].name``; used once.
    """

    def __init__(self, path: Path, faults: FaultList) -> None:
        self.path = path
        self.faults = faults
        self.stacks: dict[str, PlannedStack] = {}

    def read(self, value: object) -> CourseDescription:
        course = self._object(value, "the file", COURSE_KEYS)
        self._read_stacks(course.get("stacks", []))
        modules: list[str] = []
        assignments: list[PlannedAssignment] = []
        for place, item in self._items(course.get("modules", []), "modules"):
            module = self._object(item, place, MODULE_KEYS)
            name = self._text(module, "name", place, NAME_LIMIT, is_required=True)
            modules.append(name)
            assignments += self._read_assignments(module, place, name)
        self._check_unique(modules, "module")
        self._check_unique([a.name for a in assignments], "assignment name")
        self._check_unique([a.folder for a in assignments], "assignment folder")
        return CourseDescription(
            name=self._text(course, "name", "", NAME_LIMIT),
            title=self._text(course, "title", "", TITLE_LIMIT),
            description=self._text(course, "description", "", DESCRIPTION_LIMIT),
            stacks=tuple(self.stacks.values()),
            modules=tuple(modules),
            assignments=tuple(assignments),
        )

    def _read_stacks(self, value: object) -> None:
        labels = []
        for place, item in self._items(value, "stacks"):
            record = self._object(item, place, STACK_KEYS)
            stack = PlannedStack(
                name=self._text(record, "name", place, NAME_LIMIT, is_required=True),
                version=self._text(record, "version", place, VERSION_LIMIT),
            )
            labels.append(stack.label)
            self.stacks[stack.label] = stack
        self._check_unique(labels, "stack")

    def _read_assignments(
        self, module: Mapping[str, object], place: str, module_name: str
    ) -> Iterator[PlannedAssignment]:
        items = module.get("assignments", [])
        for inner, item in self._items(items, f"{place}.assignments"):
            record = self._object(item, inner, ASSIGNMENT_KEYS)
            name = self._text(record, "name", inner, NAME_LIMIT, is_required=True)
            folder = self._text(record, "folder", inner, FOLDER_LIMIT) or name
            if "/" in folder or folder in {".", ".."}:
                self._add(f"{inner}.folder", "Found a path, expected one folder's name")
            kind, book_name = self._read_kind(record, inner)
            yield PlannedAssignment(
                name=name,
                folder=folder,
                module=module_name,
                kind=kind,
                book_name=book_name,
                stack=self._find_stack(record, inner),
            )

    def _read_kind(
        self, record: Mapping[str, object], place: str
    ) -> tuple[AssignmentKind, str]:
        book_name = self._text(record, "book_name", place, NAME_LIMIT)
        kind = self._text(record, "kind", place, NAME_LIMIT)
        if kind not in {"", *AssignmentKind.values}:
            choices = " or ".join(AssignmentKind.values)
            self._add(f"{place}.kind", f"Found '{show_text(kind)}', expected {choices}")
        elif kind == AssignmentKind.BOOK and not book_name:
            self._add(f"{place}.book_name", "Found no name of the book, expected one")
        elif kind == AssignmentKind.PROJECT and book_name:
            self._add(f"{place}.book_name", "Found a book, expected none of a project")
        return (
            AssignmentKind.BOOK if book_name else AssignmentKind.PROJECT,
            book_name,
        )

    def _find_stack(
        self, record: Mapping[str, object], place: str
    ) -> PlannedStack | None:
        label = self._text(record, "stack", place, NAME_LIMIT + VERSION_LIMIT + 1)
        if label and label not in self.stacks:
            message = f"Found '{show_text(label)}', expected one of the file's stacks"
            self._add(f"{place}.stack", message)
        return self.stacks.get(label)

    def _object(
        self, value: object, place: str, keys: Sequence[str]
    ) -> Mapping[str, object]:
        if not isinstance(value, dict):
            self._add(place, f"Found {_type_name(value)}, expected an object")
            return {}
        for key in value.keys() - set(keys):
            message = f"Found key '{show_text(key)}', expected {', '.join(keys)}"
            self._add(place, message)
        return value

    def _items(self, value: object, place: str) -> Iterator[tuple[str, object]]:
        if not isinstance(value, list):
            self._add(place, f"Found {_type_name(value)}, expected a list")
            return
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item

    def _text(
        self,
        record: Mapping[str, object],
        key: str,
        place: str,
        limit: int,
        *,
        is_required: bool = False,
    ) -> str:
        where = f"{place}.{key}" if place else key
        value = record.get(key, "")
        if not isinstance(value, str):
            self._add(where, f"Found {_type_name(value)}, expected text")
            return ""
        text = _compose(value)
        problem = _text_problem(text, limit, is_required and bool(record))
        if problem:
            self._add(where, problem)
        return text

    def _check_unique(self, names: Sequence[str], what: str) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen and name:
                message = f"Found {what} '{show_text(name)}' twice, expected it once"
                self.faults.add(self.path, message)
            seen.add(name)

    def _add(self, place: str, message: str) -> None:
        self.faults.add(self.path, f"{message}, at {place}")


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _text_problem(text: str, limit: int, is_required: bool) -> str | None:
    if is_required and not text:
        return "Found nothing, expected text"
    if len(text) > limit:
        return f"Text is {len(text)} characters, limit is {limit}"
    if not is_utf8(text) or has_control_character(text.replace("\n", "")):
        return "Found a control character, expected plain text"
    return None


def _type_name(value: object) -> str:
    """Return what JSON calls a value's type."""
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
