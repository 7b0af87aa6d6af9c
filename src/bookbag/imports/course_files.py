"""The course file: what a roster and folders cannot say about a course.

It is optional. It is JSON, read strictly: a key that nobody knows is more likely a
typing error than something to pass over.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from bookbag.formats.course_file import (
    DESCRIPTION_LIMIT,
    FOLDER_LIMIT,
    NAME_LIMIT,
    TITLE_LIMIT,
    VERSION_LIMIT,
    read_kind,
)
from bookbag.formats.strict_json import StrictReader, parse_strictly
from bookbag.formats.texts import show_text
from bookbag.imports.csv_tables import decode_text, read_file
from bookbag.imports.faults import FaultList
from bookbag.imports.plan import CourseDescription, PlannedAssignment, PlannedStack

COURSE_FILE_NAME = "course.json"
COURSE_KEYS = ("name", "title", "description", "stacks", "modules")
STACK_KEYS = ("name", "version")
MODULE_KEYS = ("name", "assignments")
ASSIGNMENT_KEYS = ("name", "folder", "kind", "book_name", "stack")


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
    value = None
    if text is not None:
        value = parse_strictly(
            text, lambda message, line: faults.add(path, message, line=line)
        )
    if len(faults.faults) > known_faults:
        return None
    description = _CourseReader(path, faults).read(value)
    return description if len(faults.faults) == known_faults else None


class _CourseReader(StrictReader):
    """Turns JSON values into a description and collects every fault on the way.

    Invariants: used once.
    """

    def __init__(self, path: Path, faults: FaultList) -> None:
        super().__init__(lambda message: faults.add(path, message))
        self.stacks: dict[str, PlannedStack] = {}

    def compose(self, text: str) -> str:
        return unicodedata.normalize("NFC", text.strip())

    def read(self, value: object) -> CourseDescription:
        course = self.read_object(value, "the file", COURSE_KEYS)
        self._read_stacks(course.get("stacks", []))
        modules: list[str] = []
        assignments: list[PlannedAssignment] = []
        for place, item in self.iter_items(course.get("modules", []), "modules"):
            module = self.read_object(item, place, MODULE_KEYS)
            name = self.read_text(module, "name", place, NAME_LIMIT, is_required=True)
            modules.append(name)
            assignments += self._read_assignments(module, place, name)
        self.check_unique(modules, "module")
        self.check_unique([a.name for a in assignments], "assignment name")
        self.check_unique([a.folder for a in assignments], "assignment folder")
        return CourseDescription(
            name=self.read_text(course, "name", "", NAME_LIMIT),
            title=self.read_text(course, "title", "", TITLE_LIMIT),
            description=self.read_text(course, "description", "", DESCRIPTION_LIMIT),
            stacks=tuple(self.stacks.values()),
            modules=tuple(modules),
            assignments=tuple(assignments),
        )

    def _read_stacks(self, value: object) -> None:
        labels = []
        for place, item in self.iter_items(value, "stacks"):
            record = self.read_object(item, place, STACK_KEYS)
            stack = PlannedStack(
                name=self.read_text(
                    record, "name", place, NAME_LIMIT, is_required=True
                ),
                version=self.read_text(record, "version", place, VERSION_LIMIT),
            )
            labels.append(stack.label)
            self.stacks[stack.label] = stack
        self.check_unique(labels, "stack")

    def _read_assignments(
        self, module: Mapping[str, object], place: str, module_name: str
    ) -> Iterator[PlannedAssignment]:
        items = module.get("assignments", [])
        for inner, item in self.iter_items(items, f"{place}.assignments"):
            record = self.read_object(item, inner, ASSIGNMENT_KEYS)
            name = self.read_text(record, "name", inner, NAME_LIMIT, is_required=True)
            folder = self.read_text(record, "folder", inner, FOLDER_LIMIT) or name
            if "/" in folder or folder in {".", ".."}:
                self.refuse(
                    f"{inner}.folder", "Found a path, expected one folder's name"
                )
            kind, book_name = read_kind(self, record, inner)
            yield PlannedAssignment(
                name=name,
                folder=folder,
                module=module_name,
                kind=kind,
                book_name=book_name,
                stack=self._find_stack(record, inner),
            )

    def _find_stack(
        self, record: Mapping[str, object], place: str
    ) -> PlannedStack | None:
        label = self.read_text(record, "stack", place, NAME_LIMIT + VERSION_LIMIT + 1)
        if label and label not in self.stacks:
            message = f"Found '{show_text(label)}', expected one of the file's stacks"
            self.refuse(f"{place}.stack", message)
        return self.stacks.get(label)
