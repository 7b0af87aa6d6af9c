"""The archive's course file: what is written comes back, and the rest is refused."""

import json
from datetime import UTC, datetime

import pytest

from bookbag.domain.courses.models import AssignmentKind
from bookbag.formats.course_file import (
    DescribedAssignment,
    DescribedCourse,
    DescribedModule,
    DescribedProject,
    DescribedStack,
    read_described_course,
)

PYTHON = DescribedStack("Python", "3.11")
COURSE = DescribedCourse(
    workspace="School",
    name="CS101",
    title="Programming",
    description="Line one\r\n\tLine two",
    created_at=datetime(2026, 9, 1, 8, 0, 0, 123456, tzinfo=UTC),
    modules=(
        DescribedModule(
            name="Week 1",
            assignments=(
                DescribedAssignment(
                    name="Lab One",
                    folder="lab1",
                    kind=AssignmentKind.BOOK,
                    book_name="The Book",
                ),
            ),
        ),
        DescribedModule(name="Week 2", assignments=()),
    ),
    stacks=(PYTHON,),
    projects=(
        DescribedProject(assignment="lab1", username="ada", stack=PYTHON),
        DescribedProject(assignment="lab1", username="ben", stack=None),
    ),
)


def parse(content: object) -> tuple[DescribedCourse | None, list[str]]:
    faults: list[str] = []
    encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_described_course(encoded, faults.append), faults


def changed(**keys: object) -> dict[str, object]:
    return {**COURSE.to_document(), **keys}


def test_what_is_written_comes_back() -> None:
    assert parse(COURSE.to_document()) == (COURSE, [])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (changed(format="bookbag-course/9"), "Found 'bookbag-course/9', expected "
         "bookbag-course/2, at format"),
        ({"name": "CS101"}, "Found no format, expected bookbag-course/2, at format"),
        (changed(role="Owner"), "Found key 'role', expected format, workspace, name, "
         "title, description, created_at, modules, stacks, projects, at the file"),
        (changed(modules=[{"name": "M", "assignments": [], "owner": 1}]),
         "Found key 'owner', expected name, assignments, at modules[0]"),
        (changed(created_at="yesterday"), "Found 'yesterday', expected a time, "
         "at created_at"),
        (changed(created_at="0001-01-01T00:00:00+20:00"), "Found "
         "'0001-01-01T00:00:00+20:00', expected a time, at created_at"),
        (changed(stacks={"Python": "3"}), "Found an object, expected a list, at "
         "stacks"),
        (changed(projects=[{"assignment": "lab1", "username": "ada", "stack": "Py"}]),
         "Found text, expected an object, at projects[0].stack"),
        (changed(name=1e308), "Found a number, expected text, at name"),
        (changed(name="a\x1b[31m"), "Found a control character, expected plain text, "
         "at name"),
        (changed(modules=[{"name": "M", "assignments": [{"name": "A", "folder": "..",
         "kind": "project"}]}]), "Found a path, expected one folder's name, at "
         "modules[0].assignments[0].folder"),
        (b'{"name": NaN}', "Found NaN, expected a number that JSON has"),
        (b'{"name": "a", "name": "b"}', "Found key 'name' twice in one object, "
         "expected once"),
        (b"[" * 100 + b"]" * 100, "Found values nested too deeply, expected a course"),
        (b"[" * 100_000, "Found values nested too deeply, expected a course"),
        (b'{"name": ' + b"9" * 5_000 + b"}", "Found a number that is too long, "
         "expected a course"),
        (b"\xff", "Found bytes that are not UTF-8 at 0"),
        (b"!!python/object/apply:os.system [id]", "Found text that is not JSON: "
         "Expecting value at column 1"),
    ],
)  # fmt: skip
def test_what_it_does_not_know_is_refused(content: object, fault: str) -> None:
    described, faults = parse(content)

    assert described is None
    assert faults == [fault]


def test_every_fault_is_named_at_once() -> None:
    _, faults = parse(changed(name="", title=7, stacks=None))

    assert faults == [
        "Found nothing, expected text, at name",
        "Found a number, expected text, at title",
        "Found null, expected a list, at stacks",
    ]
