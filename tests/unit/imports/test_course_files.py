"""The course file: strict, and every fault at once with its place."""

import json
from pathlib import Path

import pytest

from bookbag.imports.course_files import parse_course_file
from bookbag.imports.faults import FaultList
from bookbag.imports.plan import CourseDescription, PlannedStack
from bookbag.imports.sample.course import format_course_file

ROOT = Path("/course")
LAB = {"name": "Lab"}


def parse(content: object) -> tuple[CourseDescription | None, list[str]]:
    faults = FaultList(ROOT)
    encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
    description = parse_course_file(encoded, ROOT / "course.json", faults)
    return description, [str(fault) for fault in faults.in_order()]


def with_lab(**keys: object) -> dict[str, object]:
    return {"modules": [{"name": "M", "assignments": [LAB | keys]}]}


def test_the_sample_course_file_is_in_order() -> None:
    description, faults = parse(format_course_file())

    assert faults == []
    assert description is not None
    assert description.stacks[0] == PlannedStack(name="Python", version="3.11")
    assert len(description.assignments) == 3


def test_everything_may_be_left_out() -> None:
    description, faults = parse({})

    assert faults == []
    assert description is not None
    assert (description.name, description.modules) == ("", ())


def test_an_assignment_without_a_folder_has_its_name_for_one() -> None:
    description, _ = parse(with_lab())

    assert description is not None
    assert description.assignments[0].folder == "Lab"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "Found a list, expected an object, at the file"),
        (None, "Found null, expected an object, at the file"),
        ({"colour": "x"}, "Found key 'colour', expected name, title, description, "
         "stacks, modules, at the file"),
        ({"name": 7}, "Found a number, expected text, at name"),
        ({"name": True}, "Found true or false, expected text, at name"),
        ({"name": "x" * 201}, "Text is 201 characters, limit is 200, at name"),
        ({"name": "a\u0000"}, "Found a control character, expected plain text, "
         "at name"),
        ({"modules": {}}, "Found an object, expected a list, at modules"),
        ({"modules": [{"assignments": []}]}, "Found nothing, expected text, at "
         "modules[0].name"),
        ({"modules": [{"name": "M"}, {"name": "M"}]}, "Found module 'M' twice, "
         "expected it once"),
        ({"stacks": [{"name": "P"}, {"name": "P"}]}, "Found stack 'P' twice, expected "
         "it once"),
        (with_lab(kind="quiz"), "Found 'quiz', expected project or book, at "
         "modules[0].assignments[0].kind"),
        (with_lab(kind="book"), "Found no name of the book, expected one, at "
         "modules[0].assignments[0].book_name"),
        (with_lab(kind="project", book_name="B"), "Found a book, expected none of a "
         "project, at modules[0].assignments[0].book_name"),
        (with_lab(folder="../x"), "Found a path, expected one folder's name, at "
         "modules[0].assignments[0].folder"),
        (with_lab(stack="Java"), "Found 'Java', expected one of the file's stacks, at "
         "modules[0].assignments[0].stack"),
        ({"modules": [{"name": "M", "assignments": [LAB, LAB | {"folder": "f"}]}]},
         "Found assignment name 'Lab' twice, expected it once"),
        ({"modules": [{"name": "M", "assignments": [LAB, {"name": "B",
          "folder": "Lab"}]}]},
         "Found assignment folder 'Lab' twice, expected it once"),
    ],
)  # fmt: skip
def test_it_names_the_place_and_the_fault(content: object, fault: str) -> None:
    description, faults = parse(content)

    assert description is None
    assert faults == [f"course.json: {fault}"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{\n"name": }', ":2: Found text that is not JSON: Expecting value at column "
         "9"),
        (b"", ":1: Found text that is not JSON: Expecting value at column 1"),
        (b'{"name": "a", "name": "b"}', ": Found key 'name' twice in one object, "
         "expected once"),
        (b"[" * 100_000, ": Found values nested too deeply, expected a course"),
        (b"9" * 5_000, ": Found a number that is too long, expected a course"),
        (b'{"name": "\xff"}', ":1: Found byte 0xff at position 11, expected UTF-8"),
    ],
    ids=["syntax", "empty", "doubled", "deep", "long", "encoding"],
)  # fmt: skip
def test_it_survives_what_is_not_json(content: bytes, fault: str) -> None:
    description, faults = parse(content)

    assert description is None
    assert faults == [f"course.json{fault}"]


def test_it_reports_all_faults_at_once() -> None:
    _, faults = parse({"name": 1, "colour": "", "modules": [{}, {"name": "M", "x": 1}]})

    assert len(faults) == 3
