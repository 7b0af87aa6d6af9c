"""``bookbag load --results``: all of a file or nothing, faults named by line."""

import json
from pathlib import Path

import pytest

from bookbag.domain.courses.models import Answer, Assessment, Course, Progress
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.result_files import read_results
from bookbag.imports.result_loading import load_results
from tests import factories

pytestmark = pytest.mark.django_db

HEAD = "course,assignment,student,seconds_spent,assessment,is_correct,points"
GOOD = "CS101,Lab One,ada,90,Q1,true,2"
FAULTS = {
    GOOD.replace("CS101", "CS9"): "Found course 'CS9', expected the name of a course",
    GOOD.replace("Lab One", "Lab 9"): "Found assignment 'Lab 9', expected the name of",
    GOOD.replace("ada", "eve"): "Found student 'eve', expected a user name or e-mail",
    GOOD.replace("90", "-1"): "Found seconds_spent '-1', expected a whole number",
    GOOD.replace("90", "91"): "expected what an earlier record says of the same",
    GOOD.replace("true", "maybe"): "Found is_correct 'maybe', expected true or false",
    GOOD.replace(",2", ",nan"): "Found points 'nan', expected a number",
    GOOD.replace("Q1", ""): "Found points '2', expected none, for the record names no",
}

VALUES = {
    "assignment": "lab-one",
    "student": "ADA@example.edu",
    "started_at": "2026-10-01T10:00:00+02:00",
    "completed_dates": "2026-10-03T10:00:00Z; 2026-10-02T10:00:00+02:00",
    "seconds_spent": 3600,
    "final_grade": 87.5,
    "behavioral_insights": 2,
    "comments": "Good work",
    "assessment": "Q1",
    "answer": "42",
    "is_correct": False,
    "points": 1.5,
    "max_points": 2,
    "attempts": 3,
}


@pytest.fixture
def course() -> Course:
    course = factories.make_course()
    factories.make_assignment(course, "Lab One")
    for name in ("ada", "ben"):
        factories.enrol(course, name)
    return course


def load(course: Course, path: Path, text: str) -> list[tuple[int, int, int]]:
    path.write_text(text, encoding="utf-8")
    rows = read_results(course.workspace, path)
    changes = load_results(course.workspace, rows)
    return [(c.created, c.updated, c.unchanged) for c in changes]


def test_csv_and_json_lines_give_the_same(course: Course, tmp_path: Path) -> None:
    table = ",".join(VALUES) + "\n" + ",".join(str(v) for v in VALUES.values())

    first = load(course, tmp_path / "a.csv", table.replace("False", "false"))
    again = load(course, tmp_path / "a.jsonl", json.dumps(VALUES))

    assert first == [(1, 0, 0), (1, 0, 0), (1, 0, 0)]
    assert again == [(0, 0, 1), (0, 0, 1), (0, 0, 1)]
    progress = Progress.objects.get()
    assert progress.student.username == "ada"
    assert progress.completed_dates == [
        "2026-10-02T08:00:00+00:00",
        "2026-10-03T10:00:00+00:00",
    ]
    assert Assessment.objects.get().max_points == 2
    answer = Answer.objects.get()
    assert (answer.answer, answer.is_correct, answer.points) == ("42", False, 1.5)


def test_what_a_file_does_not_say_stays(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    load(course, path, f"{HEAD}\n{GOOD}\n")

    changes = load(
        course, path, "assignment,student,final_grade,assessment\nLab One,ada,70,Q2\n"
    )

    assert changes == [(1, 0, 0), (0, 1, 0), (1, 0, 0)]
    progress = Progress.objects.get()
    assert (progress.seconds_spent, progress.final_grade) == (90, 70)
    names = Assessment.objects.values_list("name", "position")
    assert list(names) == [("Q1", 0), ("Q2", 1)]


def test_comments_may_have_several_lines(course: Course, tmp_path: Path) -> None:
    row = {"assignment": "Lab One", "student": "ben", "comments": "One.\nTwo."}

    load(course, tmp_path / "a.jsonl", json.dumps(row))

    assert Progress.objects.get().comments == "One.\nTwo."


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_is_named_with_its_line_and_nothing_is_loaded(
    course: Course, tmp_path: Path, row: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEAD}\n{GOOD}\n{row}\n")

    with pytest.raises(LoadFaultsError) as caught:
        read_results(course.workspace, path)

    assert {fault.line for fault in caught.value.faults} == {3}
    assert any(FAULTS[row] in fault.message for fault in caught.value.faults)


def test_of_several_courses_one_has_to_be_named(course: Course, tmp_path: Path) -> None:
    other = factories.make_course("CS102", workspace=course.workspace)
    factories.make_assignment(other, "Lab One")
    path = tmp_path / "a.csv"
    path.write_text("assignment,student\nLab One,ada\n")

    with pytest.raises(LoadFaultsError) as caught:
        read_results(course.workspace, path)

    assert "Found course ''" in caught.value.faults[0].message
    (row,) = read_results(course.workspace, path, course_name="CS101")
    assert row.assignment.course == course


def test_an_empty_file_is_a_fault(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("assignment,student\n")

    with pytest.raises(LoadFaultsError) as caught:
        read_results(course.workspace, path)

    message = "Found no result, expected at least one"
    assert caught.value.faults[0].message == message
