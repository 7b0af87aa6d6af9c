"""Results as CSV: the columns that people know, one row for each, nothing made up."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bagkit.archive import EarlierWork, verify_archive
from bookbag.domain.courses.models import Answer, Assessment, Assignment, Progress
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from tests import factories

pytestmark = pytest.mark.usefixtures("both_readers")

Export = Callable[..., list[dict[str, str]]]
HEADERS = (
    "Student_Name,First_Name,Last_Name,Username,Hashed_ID,Email Address,Right Count,"
    "Wrong Count,Answered Assessments,Points/Max_points,Points,Total Points,"
    "Time_Spent,Final Grade,Comments,Teacher Grade,Assessments Grade,Script Grade,"
    "Grade Override,Extra Credit,Created Date,Completed,Completed Date/Time,LTI ID,"
    "Behavioral Insights"
)
STARTED_AT = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def lab(both_readers: None) -> Assignment:
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab One")
    for number, name in enumerate(("Loops", "=Names")):
        Assessment.objects.create(
            assignment=lab, name=name, position=number, max_points=2.5
        )
    return lab


@pytest.fixture
def ada(lab: Assignment) -> User:
    ada = factories.enrol(lab.course, "ada")
    make_progress(lab, ada)
    return ada


def make_progress(lab: Assignment, student: User) -> None:
    progress = Progress.objects.create(
        assignment=lab,
        student=student,
        started_at=STARTED_AT,
        completed_dates=["2026-10-02T08:00:00+00:00", "2026-10-03T08:00:00+00:00"],
        seconds_spent=4_000,
        assessments_grade=60,
        final_grade=80,
        extra_credit=5,
        comments="Good,\nreally",
        behavioral_insights=1,
    )
    first, second = lab.assessments.all()
    values = {"answer": "-1", "is_correct": True, "points": 2.5, "attempts": 1}
    Answer.objects.create(progress=progress, assessment=first, **values)
    Answer.objects.create(
        progress=progress, assessment=second, is_correct=False, points=0.5
    )


@pytest.fixture
def produce(tmp_path: Path) -> Callable[..., tuple[Product, Path]]:
    def run(identifier: str, scope: ExportScope, dialect: str = "csv-exact"):  # type: ignore[no-untyped-def]  # the fixture says it
        staged = tmp_path / identifier
        product = get_definition(identifier).produce(
            ProductionContext(
                export_id="e1",
                scope=scope,
                options={"dialect": dialect},
                snapshot_at=datetime(2026, 11, 22, 13, 5, tzinfo=UTC),
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        return product, staged

    return run


@pytest.fixture
def export(produce: Callable[..., tuple[Product, Path]]) -> Export:
    def run(*arguments: object) -> list[dict[str, str]]:
        _, staged = produce(*arguments)
        text = staged.read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    return run


def test_the_columns_are_those_that_people_know(
    lab: Assignment, ada: User, export: Export
) -> None:
    (row,) = export("assignment-csv", ExportScope.of_assignment(lab))

    assert ",".join(row) == (
        f"{HEADERS},Loops_Correct,Loops_Answer,Loops_Attempts,"
        "=Names_Correct,=Names_Answer,=Names_Attempts"
    )
    assert len(row.pop("Hashed_ID")) == 32
    assert ada.email in row.values()
    assert list(row.values()) == [
        *("Ada Example", "Ada", "Example", "ada", "ada@example.edu"),
        *("1", "1", "2", "3/5", "3", "5", "4000", "80", "Good,\nreally"),
        *("", "60", "", "", "5", "2026-10-01T08:00:00.000000+00:00", "True"),
        "2026-10-02T08:00:00+00:00; 2026-10-03T08:00:00+00:00",
        *("", "1", "True", "-1", "1", "False", "", ""),
    ]


@pytest.mark.usefixtures("ada")
def test_what_is_not_known_is_empty(lab: Assignment, export: Export) -> None:
    factories.enrol(lab.course, "ben")
    factories.enrol(lab.course, "gone", is_removed=True)

    rows = export("assignment-csv", ExportScope.of_assignment(lab))

    ben = next(row for row in rows if row["Username"] == "ben")
    given = {name for name, value in ben.items() if value}
    assert len(rows) == 2
    assert given == {
        *("Student_Name", "First_Name", "Last_Name", "Username", "Hashed_ID"),
        *("Email Address", "Total Points"),
    }


def test_a_student_has_a_row_for_each_assignment(
    lab: Assignment, ada: User, export: Export
) -> None:
    other = factories.make_assignment(lab.course, "Lab Two")
    Assessment.objects.create(assignment=other, name="Loops")
    make_progress(lab, factories.enrol(lab.course, "ben"))

    rows = export("student-csv", ExportScope.of_student(lab.course, ada))

    assert list(rows[0])[:3] == ["Module", "Assignment", "Student_Name"]
    shown = [(r["Assignment"], r["Username"], r["Loops_Answer"]) for r in rows]
    assert shown == [("Lab One", "ada", "-1"), ("Lab Two", "ada", "")]


@pytest.mark.usefixtures("ada")
def test_removed_students_are_counted(
    lab: Assignment, produce: Callable[..., tuple[Product, Path]]
) -> None:
    factories.enrol(lab.course, "gone", is_removed=True)

    product, _ = produce("assignment-csv", ExportScope.of_assignment(lab))

    assert product.receipt is not None
    assert (product.receipt.present, product.receipt.excluded) == (1, 1)
    assert product.file_name == "CS101_lab-one_results_2026-11-22.csv"


def test_many_students_need_no_more_queries_than_one(
    lab: Assignment, ada: User, export: Export
) -> None:
    scope = ExportScope.of_assignment(lab)
    with CaptureQueriesContext(connection) as of_one:
        export("assignment-csv", scope)
    for number in range(99):
        make_progress(lab, factories.enrol(lab.course, f"s{number}"))

    with CaptureQueriesContext(connection) as of_hundred:
        assert len(export("assignment-csv", scope)) == 100

    assert len(of_hundred) == len(of_one)
    assert ada.username == "ada"


@pytest.mark.parametrize(
    ("identifier", "names"),
    [
        ("course-data", {"results_lab_one", "results_lab_two", "user_access"}),
        ("assignment-data", {"results_lab_one"}),
        ("student-data", {"results"}),
    ],
)
def test_archives_hold_the_same_results(
    lab: Assignment,
    ada: User,
    produce: Callable[..., tuple[Product, Path]],
    identifier: str,
    names: set[str],
) -> None:
    factories.make_assignment(lab.course, "Lab Two")
    scope = {
        "course-data": ExportScope.of_course(lab.course),
        "assignment-data": ExportScope.of_assignment(lab),
        "student-data": ExportScope.of_student(lab.course, ada),
    }[identifier]

    _, staged = produce(identifier, scope)

    assert verify_archive(staged).is_ok
    with zipfile.ZipFile(staged) as archive:
        tables = {
            Path(name).stem: archive.read(name).decode()
            for name in archive.namelist()
            if "/data/tables/" in name and name.endswith(".csv")
        }
    others = {"enrolments", "assignments", "assessments", "projects"}
    others |= {"progress", "answers"}
    assert set(tables) == names | others
    results = tables["results" if identifier == "student-data" else "results_lab_one"]
    assert "ada@example.edu" in results
    assert len(tables["answers"].splitlines()) == 3
