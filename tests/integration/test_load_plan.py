"""Bringing roster, course file and folders together; all faults at once."""

import json
import os
import unicodedata
from pathlib import Path

import pytest

from bookbag.domain.courses.models import AssignmentKind
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.plan import PlannedStack
from bookbag.imports.planning import plan_load
from bookbag.imports.sample import write_sample_course
from tests.factories_files import (
    roster_row,
    write_roster,
    write_small_course,
    write_work,
)


def _faults(path: Path, **options: str) -> list[str]:
    with pytest.raises(LoadFaultsError) as caught:
        plan_load(path, **options)  # type: ignore[arg-type]  # options of each test
    return [str(fault) for fault in caught.value.faults]


def _describe(course: Path, **keys: object) -> None:
    (course / "course.json").write_text(json.dumps(keys), encoding="utf-8")


def test_the_sample_course_is_understood(tmp_path: Path) -> None:
    write_sample_course(tmp_path / "sample", students=6)

    plan = plan_load(tmp_path / "sample")

    assert plan.course_name == "CS101"
    assert plan.modules == ("Text in and out", "Things at once")
    assert [a.kind for a in plan.assignments] == ["project", "project", "book"]
    assert plan.assignments[2].book_name == "Concurrency, a First Book"
    assert plan.assignments[0].stack == PlannedStack(name="Python", version="3.11")
    assert len(plan.roster.people) == 9
    assert plan.notes == ()


def test_the_outline_counts_every_student_of_every_assignment(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101", students=4, assignments=2)
    (course / "workspaces" / "lab2" / "student4" / "empty").mkdir(parents=True)
    (course / "workspaces" / "lab3").mkdir()

    outlines = plan_load(course).outline()

    assert [
        (o.assignment.name, o.worked_count, o.empty_count, o.not_started_count)
        for o in outlines
    ] == [("lab1", 4, 0, 0), ("lab2", 3, 1, 0), ("lab3", 0, 0, 4)]
    assert [o.file_count for o in outlines] == [12, 9, 0]


def test_it_reports_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    write_roster(course, [roster_row("student1"), roster_row("bo", role="Pupil")])
    _describe(course, colour="blue")
    write_work(course / "workspaces" / "lab1" / "mallory")
    (course / "workspaces" / "lab1" / "bo").symlink_to("/etc")

    faults = _faults(course)

    assert [fault.split(": ")[0] for fault in faults] == [
        "workspaces/lab1/bo",
        "roster.csv:3",
        "course.json",
        "workspaces/lab1/mallory",
        "workspaces/lab1/student2",
        "workspaces/lab1/student3",
        "workspaces/lab2/student2",
    ]


def test_a_folder_of_somebody_unknown_is_named(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    write_work(course / "workspaces" / "lab1" / "mallory")

    assert _faults(course) == [
        "workspaces/lab1/mallory: Found a folder of 'mallory', expected a student of "
        "roster.csv"
    ]


def test_a_fault_in_the_roster_does_not_make_its_folder_a_second_one(
    tmp_path: Path,
) -> None:
    course = write_small_course(tmp_path / "CS101", students=1)
    write_roster(course, [roster_row("student1", role="Pupil")])

    assert len(_faults(course)) == 1


def test_a_link_in_place_of_a_student_is_never_followed(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    (course / "workspaces" / "lab2" / "student3").symlink_to("/etc")
    (course / "workspaces" / "lab3").symlink_to("/etc")

    assert _faults(course) == [
        "workspaces/lab2/student3: Found a link, expected a folder; links are not "
        "followed",
        "workspaces/lab3: Found a link, expected a folder; links are not followed",
    ]


def test_a_name_that_is_not_utf8_is_named_safely(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    name = os.fsdecode(b"st\xff\x1b[2J")
    (course / "workspaces" / "lab1" / name).mkdir()

    assert _faults(course) == [
        "workspaces/lab1/st\\xff\\x1b[2J: Found a name that is not UTF-8, expected "
        "UTF-8"
    ]


def test_case_and_composition_of_folder_names_do_not_matter(tmp_path: Path) -> None:
    write_roster(tmp_path, [roster_row("Zo\u00eb", email=""), roster_row("anna")])
    write_work(tmp_path / "workspaces" / "lab1" / unicodedata.normalize("NFD", "zoë"))
    write_work(tmp_path / "workspaces" / "lab1" / "ANNA")

    plan = plan_load(tmp_path)

    assert [w.username for w in plan.workspaces] == ["anna", "Zo\u00eb"]


def test_two_folders_of_one_student_are_a_fault(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    write_work(course / "workspaces" / "lab1" / "Student1")

    assert _faults(course) == [
        "workspaces/lab1/student1: Found a second folder of 'student1', expected one; "
        "first at 'workspaces/lab1/Student1'"
    ]


def test_a_teachers_folder_and_a_stray_file_are_left_out_with_a_word(
    tmp_path: Path,
) -> None:
    course = write_small_course(tmp_path / "CS101")
    write_work(course / "workspaces" / "lab1" / "teacher1")
    (course / "workspaces" / "lab1" / "README.md").touch()

    plan = plan_load(course)

    assert plan.notes == (
        "workspaces/lab1/README.md: left out: a file beside the folders",
        "workspaces/lab1/teacher1: left out: it belongs to a teacher",
    )
    assert "teacher1" not in {w.username for w in plan.workspaces}


def test_an_assignment_that_nobody_started_counts(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    (course / "workspaces" / "lab9").mkdir()

    plan = plan_load(course)

    assert [a.folder for a in plan.assignments] == ["lab1", "lab2", "lab9"]


def test_the_course_file_decides_on_assignments(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101", assignments=2)
    lab = {"name": "First Lab", "folder": "lab1", "book_name": "The Book"}
    _describe(course, name="CS 102", modules=[{"name": "M", "assignments": [lab]}])

    faults = _faults(course)
    lab2 = {"name": "lab2"}
    _describe(
        course, name="CS 102", modules=[{"name": "M", "assignments": [lab2, lab]}]
    )
    plan = plan_load(course)

    assert faults == [
        "workspaces/lab2: Found folder 'lab2', expected the folder of an assignment in "
        "course.json"
    ]
    assert plan.course_name == "CS 102"
    assert [(a.name, a.folder) for a in plan.assignments] == [
        ("lab2", "lab2"),
        ("First Lab", "lab1"),
    ]
    assert plan.assignments[1].kind is AssignmentKind.BOOK


def test_a_course_file_is_enough_where_nobody_started(tmp_path: Path) -> None:
    write_roster(tmp_path, [roster_row("anna")])
    _describe(tmp_path, modules=[{"name": "M", "assignments": [{"name": "Lab"}]}])

    plan = plan_load(tmp_path)

    assert (plan.layout, plan.workspaces) == (None, ())
    assert [a.folder for a in plan.assignments] == ["Lab"]


@pytest.mark.parametrize(
    ("given", "expected"), [("Given", "Given"), (None, "From the file")]
)
def test_a_given_course_name_comes_first(
    tmp_path: Path, given: str | None, expected: str
) -> None:
    course = write_small_course(tmp_path / "CS101")
    labs = [{"name": "lab1"}, {"name": "lab2"}]
    modules = [{"name": "M", "assignments": labs}]
    _describe(course, name="From the file", modules=modules)

    assert plan_load(course, course_name=given).course_name == expected


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb"])
def test_a_course_name_that_cannot_be_kept_is_a_fault(
    tmp_path: Path, name: str
) -> None:
    course = write_small_course(tmp_path / "CS101")

    (fault,) = _faults(course, course_name=name)

    assert "ourse name" in fault


def test_an_assignment_folder_with_a_long_name_needs_a_course_file(
    tmp_path: Path,
) -> None:
    write_roster(tmp_path, [roster_row("anna")])
    write_work(tmp_path / "workspaces" / ("x" * 201) / "anna")

    (fault,) = _faults(tmp_path)

    assert "201 characters, limit is 200; course.json can give a shorter" in fault


def test_reading_writes_nothing(tmp_path: Path) -> None:
    course = write_small_course(tmp_path / "CS101")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}

    plan_load(course)

    assert {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*")} == before
