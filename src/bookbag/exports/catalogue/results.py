"""Results as people download them: one row for a student in an assignment.

The columns and their order are public interface; ADR 0073 says what each holds.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils.crypto import salted_hmac

from bagkit.tables import Column, TableSchema, iter_row_batches
from bookbag.domain.courses.models import (
    Answer,
    Assessment,
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Progress,
)
from bookbag.domain.lti.selectors import annotate_subject
from bookbag.domain.people.models import User
from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.table_products import TableContent
from bookbag.exports.rows import Snapshot, compile_rows

RULE_REMOVED = "removed-from-course"
CHUNK_STUDENTS = 500
HASHED_ID_CHARACTERS = 32

COLUMNS = (
    Column("Student_Name", "string", "Full name."),
    Column("First_Name", "string", "First name."),
    Column("Last_Name", "string", "Last name."),
    Column("Username", "string", "User name.", nullable=False),
    Column("Hashed_ID", "string", "The same person, without a name.", nullable=False),
    Column("Email Address", "string", "E-mail address."),
    Column("Right Count", "integer", "Assessments that were answered correctly."),
    Column("Wrong Count", "integer", "Assessments that were answered wrongly."),
    Column("Answered Assessments", "integer", "Assessments that were answered."),
    Column("Points/Max_points", "string", "Points, and how many there are."),
    Column("Points", "number", "Points in all assessments."),
    Column("Total Points", "number", "Points that all assessments are worth."),
    Column("Time_Spent", "integer", "Time spent.", unit="seconds"),
    Column("Final Grade", "number", "The grade that counts."),
    Column("Comments", "string", "The teacher's comments."),
    Column("Teacher Grade", "number", "The grade that a teacher gave."),
    Column("Assessments Grade", "number", "The grade of the assessments."),
    Column("Script Grade", "number", "The grade that a script gave."),
    Column("Grade Override", "number", "The grade that replaces all others."),
    Column("Extra Credit", "number", "Credit on top."),
    Column("Created Date", "datetime", "When the student started."),
    Column("Completed", "string", "True or False."),
    Column("Completed Date/Time", "string", "Every time the work was handed in."),
    Column("LTI ID", "string", "Who the student is on the learning platform."),
    Column("Behavioral Insights", "integer", "How conspicuous, from 0 to 5."),
)
PERSON_FIELDS = (
    "user_id user__first_name user__last_name user__username user__email lti_id"
)
PROGRESS_FIELDS = (
    "pk assignment_id student_id seconds_spent final_grade comments teacher_grade "
    "assessments_grade script_grade grade_override extra_credit started_at dates "
    "behavioral_insights"
)
ANSWER_FIELDS = "progress_id assessment_id is_correct answer points attempts"


class _Person(NamedTuple):
    key: int
    first_name: str
    last_name: str
    username: str
    email: str
    lti_id: str | None


class _Place(NamedTuple):
    key: int
    module: str
    name: str


class _Question(NamedTuple):
    key: int
    place: int
    name: str
    max_points: float | None


class _State(NamedTuple):
    key: int
    place: int
    person: int
    seconds_spent: int | None
    final_grade: float | None
    comments: str
    teacher_grade: float | None
    assessments_grade: float | None
    script_grade: float | None
    grade_override: float | None
    extra_credit: float | None
    started_at: datetime | None
    dates: str
    insights: int | None


class _Reply(NamedTuple):
    state: int
    question: int
    is_correct: bool | None
    answer: str
    points: float | None
    attempts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseWork:
    """Which work of a course an export holds."""

    course: Course
    assignment: Assignment | None = None
    """Only this assignment's; else of all of the course."""
    student: User | None = None
    """Only this student's; else of all."""

    @property
    def file_stem(self) -> str:
        """What the file's name begins with."""
        parts = [self.course.name]
        if self.assignment is not None:
            parts.append(self.assignment.folder)
        if self.student is not None:
            parts.append(self.student.username)
        return "_".join(parts)


def read_results(snapshot: Snapshot, scope: CourseWork) -> TableContent:
    """Return the results of a scope: one row for each student in each assignment.

    Students who were removed from the course are left out, and counted.
    """
    results = _Results(snapshot, scope)
    return TableContent(
        schema=results.schema,
        batches=iter_row_batches(
            results.schema, results.iter_rows(), batch_rows=CHUNK_STUDENTS
        ),
        row_count=results.count_rows(is_removed=False),
        left_out={RULE_REMOVED: results.count_rows(is_removed=True)},
        file_stem=scope.file_stem,
    )


def name_tables(assignments: Iterable[Assignment]) -> Iterator[tuple[Assignment, str]]:
    """Yield assignments, each with the name of its table of results in archives."""
    taken: set[str] = set()
    for assignment in assignments:
        words = re.sub("[^a-z0-9]+", "_", assignment.folder.lower()).strip("_")
        name = f"results_{words}".rstrip("_")
        yield assignment, _take_free(name, taken, "{}_{}")


def describe_place() -> tuple[Column, Column]:
    """Return the columns that say which assignment a row is of, in chosen words."""
    return (
        Column("Module", "string", "The module.", nullable=False),
        Column(str(get_terms().assignment), "string", "Its name.", nullable=False),
    )


def format_hashed_id(user_id: int) -> str:
    """Return what stands for a person where no name may: the same on one server."""
    keyed = salted_hmac("bookbag.hashed-id", str(user_id), algorithm="sha256")
    return keyed.hexdigest()[:HASHED_ID_CHARACTERS]


class _Results:
    """Reads the results of a scope; their schema at once, their rows when asked.

    Invariants: but for the answers, everything of one assignment or of one student is
    in memory while its rows are read.
    """

    def __init__(self, snapshot: Snapshot, scope: CourseWork) -> None:
        self._snapshot = snapshot
        self._scope = scope
        self._students = Enrolment.objects.filter(
            course=scope.course, role=EnrolmentRole.STUDENT
        )
        self._assignments = Assignment.objects.filter(course=scope.course)
        states = Progress.objects.filter(assignment__course=scope.course)
        questions = Assessment.objects.filter(assignment__course=scope.course)
        if scope.assignment is not None:
            here = scope.assignment
            self._assignments = self._assignments.filter(pk=here.pk)
            states = states.filter(assignment=here)
            questions = questions.filter(assignment=here)
        if scope.student is not None:
            self._students = self._students.filter(user=scope.student)
            states = states.filter(student=scope.student)
        self._progress = states.annotate(dates=Cast("completed_dates", CharField()))
        in_order = questions.order_by("assignment__module__position", "position")
        self._questions = list(
            self._read(_Question, in_order, "pk assignment_id name max_points")
        )
        self._by_place: dict[int, list[_Question]] = {}
        for question in self._questions:
            self._by_place.setdefault(question.place, []).append(question)
        # Assessments of several assignments share the columns of their name.
        self._names = list(dict.fromkeys(q.name for q in self._questions))
        self.schema = self._make_schema()

    def count_rows(self, *, is_removed: bool) -> int:
        """Return how many rows students have who were removed, or were not."""
        students = self._students.filter(removed_at__isnull=not is_removed)
        counts = [
            self._snapshot.count(compile_rows(found.order_by("pk"), "pk"))
            for found in (students, self._assignments)
        ]
        return counts[0] * counts[1]

    def _make_schema(self) -> TableSchema:
        of_one = self._scope.assignment
        columns = [*(describe_place() if of_one is None else ()), *COLUMNS]
        taken = {column.name for column in columns}
        for name in self._names:
            for column in _describe_question(name):
                shown = _take_free(column.name, taken, "{} ({})")
                columns.append(replace(column, name=shown))
        return TableSchema(
            name="results",
            title="Results" if of_one is None else f"Results of {of_one.name}",
            description="One row for each student in each assignment.",
            columns=tuple(columns),
        )

    def iter_rows(self) -> Iterator[list[object]]:
        """Yield the rows, by assignment and then by name."""
        enrolled = self._students.filter(removed_at__isnull=True)
        known_as = annotate_subject(enrolled, self._scope.course.workspace)
        people = list(self._read(_Person, known_as, PERSON_FIELDS))
        places = self._read(_Place, self._assignments, "pk module__name name")
        known = {
            (state.place, state.person): state
            for state in self._read(
                _State, self._progress.order_by("pk"), PROGRESS_FIELDS
            )
        }
        pairs = ((place, person) for place in list(places) for person in people)
        while chunk := list(islice(pairs, CHUNK_STUDENTS)):
            states = [known.get((p.key, who.key)) for p, who in chunk]
            replies = self._read_replies([s.key for s in states if s is not None])
            for (place, person), state in zip(chunk, states, strict=True):
                found = replies.get(state.key, {}) if state is not None else {}
                yield self._format_row(place, person, state, found)

    def _format_row(
        self,
        place: _Place,
        person: _Person,
        state: _State | None,
        replies: dict[int, _Reply],
    ) -> list[object]:
        questions = self._by_place.get(place.key, [])
        row: list[object] = []
        if self._scope.assignment is None:
            row += [place.module, place.name]
        row += _format_person(person)
        row += _format_points(questions, replies, has_begun=state is not None)
        row += _format_state(state, person)
        by_name = {q.name: replies.get(q.key) for q in questions}
        for name in self._names:
            row += _format_reply(by_name.get(name))
        return row

    def _read_replies(self, states: Sequence[int]) -> dict[int, dict[int, _Reply]]:
        answers = Answer.objects.filter(progress__in=states).order_by("pk")
        replies: dict[int, dict[int, _Reply]] = {}
        for reply in self._read(_Reply, answers, ANSWER_FIELDS):
            replies.setdefault(reply.state, {})[reply.question] = reply
        return replies

    def _read(self, kind: Any, rows: QuerySet[Any, Any], fields: str) -> Iterator[Any]:
        schema = _SCHEMAS[kind]
        for batch in self._snapshot.read(schema, compile_rows(rows, fields)):
            columns = [column.to_pylist() for column in batch.columns]
            yield from map(kind._make, zip(*columns, strict=True))


def _take_free(name: str, taken: set[str], numbered: str) -> str:
    """Return a name that is not taken yet, and take it."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = numbered.format(name, number)
    taken.add(free)
    return free


def _describe_question(name: str) -> tuple[Column, Column, Column]:
    return (
        Column(f"{name}_Correct", "string", "True or False."),
        Column(f"{name}_Answer", "string", "What was answered."),
        Column(f"{name}_Attempts", "integer", "How often it was tried."),
    )


def _format_person(person: _Person) -> list[object]:
    full_name = f"{person.first_name} {person.last_name}".strip()
    return [
        full_name or person.username,
        person.first_name,
        person.last_name,
        person.username,
        format_hashed_id(person.key),
        person.email,
    ]


def _format_points(
    questions: Sequence[_Question], replies: dict[int, _Reply], *, has_begun: bool
) -> list[object]:
    worth = [q.max_points for q in questions if q.max_points is not None]
    total = sum(worth) if worth else None
    if not has_begun or not questions:
        return [None, None, None, None, None, total]
    right = sum(reply.is_correct is True for reply in replies.values())
    wrong = sum(reply.is_correct is False for reply in replies.values())
    answered = sum(
        bool(reply.answer) or reply.is_correct is not None or bool(reply.attempts)
        for reply in replies.values()
    )
    known = [reply.points for reply in replies.values() if reply.points is not None]
    points = sum(known) if known else None
    shown = None if points is None or total is None else f"{points:.10g}/{total:.10g}"
    return [right, wrong, answered, shown, points, total]


def _format_state(state: _State | None, person: _Person) -> list[object]:
    if state is None:
        return [*[None] * 11, person.lti_id, None]
    dates = json.loads(state.dates)
    return [
        state.seconds_spent,
        state.final_grade,
        state.comments or None,
        state.teacher_grade,
        state.assessments_grade,
        state.script_grade,
        state.grade_override,
        state.extra_credit,
        state.started_at,
        str(bool(dates)),
        "; ".join(dates) or None,
        person.lti_id,
        state.insights,
    ]


def _format_reply(reply: _Reply | None) -> list[object]:
    if reply is None:
        return [None, None, None]
    correct = None if reply.is_correct is None else str(reply.is_correct)
    return [correct, reply.answer or None, reply.attempts]


def _make_schema(name: str, kinds: str) -> TableSchema:
    letters = {"i": "integer", "s": "string", "n": "number", "b": "boolean"}
    return TableSchema(
        name=name,
        title="",
        description="",
        columns=tuple(
            Column(f"c{place}", letters.get(kind, "datetime"), "")  # type: ignore[arg-type]  # literals
            for place, kind in enumerate(kinds)
        ),
    )


_SCHEMAS: dict[Any, TableSchema] = {
    _Person: _make_schema("people", "isssss"),
    _Place: _make_schema("places", "iss"),
    _Question: _make_schema("questions", "iisn"),
    _State: _make_schema("states", "iiiinsnnnnntsi"),
    _Reply: _make_schema("replies", "iibsni"),
}
