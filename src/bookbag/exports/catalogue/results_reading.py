"""Reading results: one entry for each student in an assignment, of one moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils.crypto import salted_hmac

from bagkit.tables import Column, TableSchema
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
from bookbag.exports.pseudonyms.people import format_address
from bookbag.exports.rows import Cover, Snapshot, compile_rows

RULE_REMOVED = "removed-from-course"
CHUNK_STUDENTS = 500
HASHED_ID_CHARACTERS = 32
PERSON_FIELDS = (
    "user_id user__first_name user__last_name user__username user__email lti_id"
)
PROGRESS_FIELDS = (
    "pk assignment_id student_id seconds_spent final_grade comments teacher_grade "
    "assessments_grade script_grade grade_override extra_credit started_at dates "
    "behavioral_insights"
)
ANSWER_FIELDS = "progress_id assessment_id is_correct answer points attempts"


class Person(NamedTuple):
    """An enrolled student."""

    key: int
    first_name: str
    last_name: str
    username: str
    email: str
    lti_id: str | None

    @property
    def hashed_id(self) -> str:
        """What stands for the person where no name may."""
        return format_hashed_id(self.key) if self.key else self.username

    def under(self, cover: Cover | None) -> "Person":
        """Return the person as an export may show them, without a key if covered."""
        if cover is None:
            return self
        name = cover.name_person(self.key)
        return Person(
            key=0,
            first_name=self.first_name and name,
            last_name=self.last_name and name,
            username=name,
            email=self.email and format_address(name),
            lti_id=self.lti_id and name,
        )


class Place(NamedTuple):
    """An assignment, and the module that it is in."""

    key: int
    module: str
    name: str


class Question(NamedTuple):
    """An assessment of an assignment."""

    key: int
    place: int
    name: str
    max_points: float | None


class State(NamedTuple):
    """A student's state in an assignment."""

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


class Reply(NamedTuple):
    """What a student answered in an assessment."""

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

    def name_file(self, cover: Cover | None) -> str:
        """Return what the file's name begins with."""
        parts = [self.course.name]
        if self.assignment is not None:
            parts.append(self.assignment.folder)
        if self.student is not None:
            name = self.student.username
            parts.append(name if cover is None else cover.name_person(self.student.pk))
        return "_".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One student in one assignment, with what is known of it."""

    place: Place
    person: Person
    questions: Sequence[Question]
    """Those of the assignment."""
    state: State | None
    replies: Mapping[int, Reply]
    """By the question's key."""


class ResultsReader:
    """Reads the results of a scope: its questions at once, its entries when asked.

    Invariants: but for the answers, everything of the scope's assignments and students
    is in memory while entries are read.
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
        found = list(self._read(Question, in_order, "pk assignment_id name max_points"))
        self._by_place: dict[int, list[Question]] = {}
        for question in found:
            self._by_place.setdefault(question.place, []).append(question)
        # Assessments of several assignments share the columns of their name.
        self.names = list(dict.fromkeys(question.name for question in found))

    def count_rows(self, *, is_removed: bool) -> int:
        """Return how many rows students have who were removed, or were not."""
        students = self._students.filter(removed_at__isnull=not is_removed)
        counts = [
            self._snapshot.count(compile_rows(found.order_by("pk"), "pk"))
            for found in (students, self._assignments)
        ]
        return counts[0] * counts[1]

    def iter_entries(self) -> Iterator[Entry]:
        """Yield the entries, by assignment and then by name."""
        enrolled = self._students.filter(removed_at__isnull=True)
        known_as = annotate_subject(enrolled, self._scope.course.workspace)
        read = self._read(Person, known_as, PERSON_FIELDS)
        cover = self._snapshot.cover
        people = [(person.key, person.under(cover)) for person in read]
        if cover is not None:  # the order of names would give them away
            people.sort(key=lambda pair: pair[1].username)
        places = self._read(Place, self._assignments, "pk module__name name")
        known = {
            (state.place, state.person): state._replace(
                comments=self._cover(state.comments)
            )
            for state in self._read(
                State, self._progress.order_by("pk"), PROGRESS_FIELDS
            )
        }
        pairs = ((place, *both) for place in list(places) for both in people)
        while chunk := list(islice(pairs, CHUNK_STUDENTS)):
            states = [known.get((place.key, key)) for place, key, _ in chunk]
            replies = self._read_replies([s.key for s in states if s is not None])
            for (place, _, person), state in zip(chunk, states, strict=True):
                yield Entry(
                    place=place,
                    person=person,
                    questions=self._by_place.get(place.key, []),
                    state=state,
                    replies={} if state is None else replies.get(state.key, {}),
                )

    def _read_replies(self, states: Sequence[int]) -> dict[int, dict[int, Reply]]:
        answers = Answer.objects.filter(progress__in=states).order_by("pk")
        replies: dict[int, dict[int, Reply]] = {}
        for reply in self._read(Reply, answers, ANSWER_FIELDS):
            covered = reply._replace(answer=self._cover(reply.answer))
            replies.setdefault(reply.state, {})[reply.question] = covered
        return replies

    def _cover(self, text: str) -> str:
        cover = self._snapshot.cover
        return text if cover is None or not text else cover.cover_text(text)

    def _read(self, kind: Any, rows: QuerySet[Any, Any], fields: str) -> Iterator[Any]:
        schema = _SCHEMAS[kind]
        for batch in self._snapshot.read(schema, compile_rows(rows, fields)):
            columns = [column.to_pylist() for column in batch.columns]
            yield from map(kind._make, zip(*columns, strict=True))


def format_hashed_id(user_id: int) -> str:
    """Return what stands for a person where no name may: the same on one server."""
    keyed = salted_hmac("bookbag.hashed-id", str(user_id), algorithm="sha256")
    return keyed.hexdigest()[:HASHED_ID_CHARACTERS]


def take_free(name: str, taken: set[str], numbered: str) -> str:
    """Return a name that is not taken yet, and take it."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = numbered.format(name, number)
    taken.add(free)
    return free


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
    Person: _make_schema("people", "isssss"),
    Place: _make_schema("places", "iss"),
    Question: _make_schema("questions", "iisn"),
    State: _make_schema("states", "iiiinsnnnnntsi"),
    Reply: _make_schema("replies", "iibsni"),
}
