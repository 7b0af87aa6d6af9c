"""Reading progress and results that another system recorded."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bookbag.domain.courses.models import Assignment, Enrolment, EnrolmentRole
from bookbag.domain.people.models import Workspace
from bookbag.formats.values import parse_moment
from bookbag.imports.faults import FaultList
from bookbag.imports.records import RecordReader, read_records
from bookbag.imports.session_files import A_TIME, parse_flag

REQUIRED = ("assignment", "student")
GRADES = (
    "assessments_grade",
    "script_grade",
    "teacher_grade",
    "grade_override",
    "extra_credit",
    "final_grade",
)
OF_PROGRESS = (
    "started_at",
    "completed_dates",
    "seconds_spent",
    *GRADES,
    "behavioral_insights",
    "comments",
)
OF_ANSWER = ("answer", "is_correct", "points", "max_points", "attempts")
OPTIONAL = ("course", *OF_PROGRESS, "assessment", *OF_ANSWER)
TEXTS = ("comments", "answer")
BETWEEN_DATES = ";"
NAME_CHARACTERS = 200
COUNT_LIMIT = 2**31 - 1
INSIGHTS_LIMIT = 5
A_NUMBER = "a number"
DATES = f"times with their offset, with {BETWEEN_DATES} between"
INSIGHTS = f"a whole number from 0 to {INSIGHTS_LIMIT}"
A_COUNT = f"a whole number from 0 to {COUNT_LIMIT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """What a file says of one student in one assignment."""

    assignment: Assignment
    student_id: int
    progress: dict[str, object] = field(default_factory=dict)
    """Values by field of ``Progress``; only those that the file gives."""
    answers: dict[str, dict[str, object]] = field(default_factory=dict)
    """Values by field of ``Answer``, by the assessment's name."""
    max_points: dict[str, float] = field(default_factory=dict)
    """What an assessment is worth, by its name."""


def read_results(
    workspace: Workspace, path: Path, *, course_name: str | None = None
) -> list[ResultRow]:
    """Read a file of progress and results, CSV or JSON Lines.

    Shape: columns ``REQUIRED`` and any of ``OPTIONAL``. A record says something of a
    student in an assignment, and of one assessment when it names it; records of the
    same student and assignment add up. An empty field says nothing.

    Args:
        workspace: Whose courses are meant.
        path: The file.
        course_name: The course of records that name none.

    Raises:
        LoadFaultsError: If anything is wrong, with every fault and its line.
    """
    faults = FaultList(path.parent)
    records = read_records(
        path, faults, required=REQUIRED, optional=OPTIONAL, texts=TEXTS
    )
    places = _Places(workspace, course_name)
    rows: dict[tuple[int, int], ResultRow] = {}
    for record in records:
        reader = RecordReader(record, path, faults)
        found = places.find(reader)
        if found is not None:
            assignment, student_id = found
            row = rows.setdefault(
                (assignment.pk, student_id),
                ResultRow(assignment=assignment, student_id=student_id),
            )
            _read_record(reader, row)
    if not records and not faults.faults:
        faults.add(path, "Found no result, expected at least one")
    faults.raise_if_any()
    return list(rows.values())


class _Places:
    """Finds the assignments and students that records name."""

    def __init__(self, workspace: Workspace, course_name: str | None) -> None:
        self._course_name = course_name
        assignments = Assignment.objects.filter(
            course__workspace=workspace, course__deleted_at__isnull=True
        )
        self._assignments: dict[tuple[str, str], Assignment] = {}
        for assignment in assignments.select_related("course"):
            for name in (assignment.folder, assignment.name):
                self._assignments[assignment.course.name, name] = assignment
        enrolments = Enrolment.objects.filter(
            course__workspace=workspace,
            course__deleted_at__isnull=True,
            role=EnrolmentRole.STUDENT,
        ).select_related("user")
        self._students: dict[tuple[int, str], int] = {}
        for enrolment in enrolments:
            user = enrolment.user
            for name in filter(None, (user.email, user.username)):
                self._students[enrolment.course_id, name.lower()] = user.pk
        self._courses = {course for course, _ in self._assignments}

    def find(self, reader: RecordReader) -> tuple[Assignment, int] | None:
        """Return the assignment and the student's key, or None after a fault."""
        record = reader.record
        course = record["course"] or self._course_name or self._only_course()
        if course not in self._courses:
            reader.refuse("course", "the name of a course with assignments")
            return None
        assignment = self._assignments.get((course, record["assignment"]))
        if assignment is None:
            reader.refuse("assignment", f"the name of one of {course}")
            return None
        key = (assignment.course_id, record["student"].lower())
        student_id = self._students.get(key)
        if student_id is None:
            reader.refuse("student", f"a user name or e-mail of a student of {course}")
            return None
        return assignment, student_id

    def _only_course(self) -> str:
        return next(iter(self._courses)) if len(self._courses) == 1 else ""


def _read_record(reader: RecordReader, row: ResultRow) -> None:
    record = reader.record
    _note_values(reader, row.progress, _read_progress(reader))
    name = record["assessment"]
    reader.check_length("assessment", NAME_CHARACTERS)
    given = [column for column in OF_ANSWER if record[column]]
    if not name:
        for column in given:
            reader.refuse(column, "none, for the record names no assessment")
        return
    answer = row.answers.setdefault(name, {})
    _note_values(reader, answer, _read_answer(reader))
    worth = reader.parse_given("max_points", _parse_number, A_NUMBER)
    if worth is not None and row.max_points.setdefault(name, worth) != worth:
        reader.refuse("max_points", "what an earlier record says of the same")


def _read_progress(reader: RecordReader) -> dict[str, object]:
    values: dict[str, object] = {
        "started_at": reader.parse_given("started_at", parse_moment, A_TIME),
        "completed_dates": reader.parse_given("completed_dates", _parse_dates, DATES),
        "seconds_spent": reader.parse_given("seconds_spent", _parse_count, A_COUNT),
        "behavioral_insights": reader.parse_given(
            "behavioral_insights", _parse_insights, INSIGHTS
        ),
        "comments": reader.record["comments"] or None,
    }
    for name in GRADES:
        values[name] = reader.parse_given(name, _parse_number, A_NUMBER)
    return values


def _read_answer(reader: RecordReader) -> dict[str, object]:
    return {
        "answer": reader.record["answer"] or None,
        "is_correct": reader.parse_given("is_correct", parse_flag, "true or false"),
        "points": reader.parse_given("points", _parse_number, A_NUMBER),
        "attempts": reader.parse_given("attempts", _parse_count, A_COUNT),
    }


def _note_values(
    reader: RecordReader, known: dict[str, object], found: dict[str, object]
) -> None:
    for name, value in found.items():
        if value is None:
            continue
        if known.setdefault(name, value) != value:
            reader.refuse(name, "what an earlier record says of the same")


def _parse_dates(text: str) -> list[str]:
    moments = [parse_moment(part.strip()) for part in text.split(BETWEEN_DATES)]
    return [format_moment(moment) for moment in sorted(moments)]


def format_moment(moment: datetime) -> str:
    """Return a time as ``Progress.completed_dates`` keeps it."""
    return moment.astimezone(UTC).isoformat()


def _parse_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _parse_count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= COUNT_LIMIT:
        raise ValueError(text)
    return count


def _parse_insights(text: str) -> int:
    insights = int(text)
    if not 0 <= insights <= INSIGHTS_LIMIT:
        raise ValueError(text)
    return insights
