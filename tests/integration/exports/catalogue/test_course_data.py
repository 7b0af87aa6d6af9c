"""The archive of a course: what is in it, for real files and a real roster."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bagkit.archive import EarlierWork
from bookbag.domain.courses.models import Assignment, Course
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from tests import factories
from tests.factories_files import write_work

SNAPSHOT_AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
TOP = "CS101_course-data_2026-11-22"
Produce = Callable[[], tuple[Product, zipfile.ZipFile]]


@pytest.fixture
def lab(course: Course) -> Assignment:
    return factories.make_assignment(course, "Lab One")


@pytest.fixture
def produce(course: Course, tmp_path: Path) -> Produce:
    def run() -> tuple[Product, zipfile.ZipFile]:
        staged = tmp_path / "it.zip"
        product = get_definition("course-data").produce(
            ProductionContext(
                export_id="e1",
                scope=ExportScope.of_course(course),
                options={},
                snapshot_at=SNAPSHOT_AT,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        return product, zipfile.ZipFile(io.BytesIO(staged.read_bytes()))

    return run


def rows_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(f"{TOP}/data/{name}").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def receipt_of(archive: zipfile.ZipFile) -> dict[str, dict[str, int]]:
    document: dict[str, dict[str, int]] = json.loads(
        archive.read(f"{TOP}/receipt.json")
    )
    return document


@pytest.fixture
def full_course(course: Course, lab: Assignment, tmp_path: Path) -> None:
    """One workspace in each state."""
    book = factories.make_assignment(course, "Reading", book_name="The Book")
    ada, ben = factories.enrol(course, "ada"), factories.enrol(course, "ben")
    gone = factories.enrol(course, "gone", is_removed=True)
    factories.make_project(lab, ada, write_work(tmp_path / "ada"))
    (tmp_path / "empty").mkdir()
    factories.make_project(lab, ben, tmp_path / "empty")
    factories.make_project(book, ben, tmp_path / "nowhere")
    factories.make_project(lab, gone, write_work(tmp_path / "gone"))


@pytest.mark.usefixtures("full_course")
def test_every_student_and_assignment_is_accounted_for(produce: Produce) -> None:
    product, archive = produce()

    assert receipt_of(archive)["workspaces"] == {
        "expected": 6,
        "present": 1,
        "empty": 2,
        "excluded": 2,
        "failed": 1,
    }
    assert receipt_of(archive)["rules"] == {"removed-from-course": 2}
    assert product.problem_count == 1


@pytest.mark.usefixtures("full_course")
def test_what_is_there_and_what_is_not_are_both_in_it(produce: Produce) -> None:
    _, archive = produce()

    names = [n for n in archive.namelist() if "/workspaces/" in n and n[-1] != "/"]
    assert names == [
        f"{TOP}/data/workspaces/lab-one/ada/{name}"
        for name in (".gitignore", "main.py", "notes.txt")
    ]
    assert rows_of(archive, "problems.csv") == [
        {
            "assignment": "reading",
            "username": "ben",
            "path": "",
            "reason": "workspace-missing",
        }
    ]


def test_the_tables_are_those_of_the_course(
    course: Course, lab: Assignment, produce: Produce
) -> None:
    factories.make_assignment(course, "Reading", book_name="The Book")
    factories.make_teacher(course, "tina", is_read_only=True)
    ada = factories.enrol(course, "ada")
    factories.make_project(lab, ada)

    _, archive = produce()

    enrolments = rows_of(archive, "tables/enrolments.csv")
    assert [(r["username"], r["role"], r["is_read_only"]) for r in enrolments] == [
        ("ada", "Student", "false"),
        ("tina", "Teacher", "true"),
    ]
    assignments = rows_of(archive, "tables/assignments.csv")
    assert [(r["assignment_name"], r["book_name"]) for r in assignments] == [
        ("Lab One", ""),
        ("Reading", "The Book"),
    ]
    (project,) = rows_of(archive, "tables/projects.csv")
    assert (project["username"], project["project_path"]) == ("ada", "/ada/lab-one")


def test_an_empty_course_is_an_archive_too(produce: Produce) -> None:
    product, archive = produce()

    assert archive.testzip() is None
    assert receipt_of(archive)["workspaces"]["expected"] == 0
    assert rows_of(archive, "tables/enrolments.csv") == []
    assert product.receipt is not None
    assert product.receipt.expected == 0


def test_the_same_snapshot_gives_the_same_bytes(
    course: Course, lab: Assignment, produce: Produce, tmp_path: Path
) -> None:
    ada = factories.enrol(course, "ada")
    factories.make_project(lab, ada, write_work(tmp_path / "ada"))

    first, _ = produce()
    second, _ = produce()

    assert first.sha256 == second.sha256


def test_more_students_need_no_more_queries(
    course: Course, lab: Assignment, produce: Produce
) -> None:
    factories.make_project(lab, factories.enrol(course))
    with CaptureQueriesContext(connection) as few:
        produce()
    for _ in range(20):
        factories.make_project(lab, factories.enrol(course))
    with CaptureQueriesContext(connection) as many:
        produce()

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("course_name", "expected"),
    [
        ("CS101", "CS101"),
        ("Prog: 1/2 (A)", "Prog--1-2--A"),
        ("Ünïcode", "Ünïcode"),
        ("../..", "course"),
        ("x" * 200, "x" * 80),
    ],
)
def test_an_archive_is_named_after_its_course(course_name: str, expected: str) -> None:
    name = format_file_stem(course_name, "course-data", SNAPSHOT_AT.date())

    assert name == f"{expected}_course-data_2026-11-22"
