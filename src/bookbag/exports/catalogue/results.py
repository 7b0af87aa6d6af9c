"""Results as people download them: one row for a student in an assignment.

The columns and their order are public interface; ADR 0073 says what each holds.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bagkit.tables import Column, TableSchema, iter_row_batches
from bookbag.domain.courses.models import Assignment
from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.results_reading import (
    CHUNK_STUDENTS,
    RULE_REMOVED,
    CourseWork,
    Entry,
    Person,
    Reply,
    ResultsReader,
    State,
    take_free,
)
from bookbag.exports.catalogue.table_products import TableContent
from bookbag.exports.rows import Snapshot

PERSON_COLUMNS = (
    Column("Student_Name", "string", "Full name."),
    Column("First_Name", "string", "First name."),
    Column("Last_Name", "string", "Last name."),
    Column("Username", "string", "User name.", nullable=False),
    Column("Hashed_ID", "string", "The same person, without a name.", nullable=False),
    Column("Email Address", "string", "E-mail address."),
)
COLUMNS = (
    *PERSON_COLUMNS,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLayout:
    """Which columns a table of results has, and what stands in a row."""

    name: str
    title: str
    columns: Sequence[Column]
    """Before those of assessments."""
    describe_question: Callable[[str], Sequence[Column]]
    """Returns the columns of an assessment's name."""
    format_start: Callable[[Entry], list[object]]
    """Returns the values of ``columns``."""
    format_reply: Callable[[Entry, str], list[object]]
    """Returns the values of an assessment's columns, by its name."""


def read_results(snapshot: Snapshot, scope: CourseWork) -> TableContent:
    """Return the results of a scope: one row for each student in each assignment.

    Students who were removed from the course are left out, and counted.
    """
    of_one = scope.assignment
    shows_place = of_one is None
    layout = ResultLayout(
        name="results",
        title="Results" if of_one is None else f"Results of {of_one.name}",
        columns=(*(describe_place() if shows_place else ()), *COLUMNS),
        describe_question=_describe_question,
        format_start=lambda entry: _format_start(entry, shows_place=shows_place),
        format_reply=_format_reply,
    )
    return lay_out(snapshot, scope, layout)


def lay_out(
    snapshot: Snapshot, scope: CourseWork, layout: ResultLayout
) -> TableContent:
    """Return the results of a scope as a table of some layout."""
    reader = ResultsReader(snapshot, scope)
    schema = _make_schema(layout, reader.names)
    rows = (_format_row(layout, entry, reader.names) for entry in reader.iter_entries())
    return TableContent(
        schema=schema,
        batches=iter_row_batches(schema, rows, batch_rows=CHUNK_STUDENTS),
        row_count=reader.count_rows(is_removed=False),
        left_out={RULE_REMOVED: reader.count_rows(is_removed=True)},
        file_stem=scope.name_file(snapshot.cover),
    )


def name_tables(assignments: Iterable[Assignment]) -> Iterator[tuple[Assignment, str]]:
    """Yield assignments, each with the name of its table of results in archives."""
    taken: set[str] = set()
    for assignment in assignments:
        words = re.sub("[^a-z0-9]+", "_", assignment.folder.lower()).strip("_")
        name = f"results_{words}".rstrip("_")
        yield assignment, take_free(name, taken, "{}_{}")


def describe_place() -> tuple[Column, Column]:
    """Return the columns that say which assignment a row is of, in chosen words."""
    return (
        Column("Module", "string", "The module.", nullable=False),
        Column(str(get_terms().assignment), "string", "Its name.", nullable=False),
    )


def format_person(person: Person) -> list[object]:
    """Return who a row is about, as all tables of results begin."""
    full_name = f"{person.first_name} {person.last_name}".strip()
    return [
        full_name or person.username,
        person.first_name,
        person.last_name,
        person.username,
        person.hashed_id,
        person.email,
    ]


def sum_points(entry: Entry) -> tuple[float | None, float | None]:
    """Return the points of an entry, and how many there are; None for not known."""
    worth = [q.max_points for q in entry.questions if q.max_points is not None]
    known = [r.points for r in entry.replies.values() if r.points is not None]
    return sum(known) if known else None, sum(worth) if worth else None


def find_reply(entry: Entry, name: str) -> Reply | None:
    """Return what a student answered in the assessment of a name."""
    by_name = {question.name: question.key for question in entry.questions}
    return entry.replies.get(by_name.get(name, -1))


def _make_schema(layout: ResultLayout, names: Sequence[str]) -> TableSchema:
    columns = list(layout.columns)
    taken = {column.name for column in columns}
    for name in names:
        for column in layout.describe_question(name):
            shown = take_free(column.name, taken, "{} ({})")
            columns.append(replace(column, name=shown))
    return TableSchema(
        name=layout.name,
        title=layout.title,
        description="One row for each student in each assignment.",
        columns=tuple(columns),
    )


def _format_row(
    layout: ResultLayout, entry: Entry, names: Sequence[str]
) -> list[object]:
    row = layout.format_start(entry)
    for name in names:
        row += layout.format_reply(entry, name)
    return row


def _format_start(entry: Entry, *, shows_place: bool) -> list[object]:
    row: list[object] = [entry.place.module, entry.place.name] if shows_place else []
    return [
        *row,
        *format_person(entry.person),
        *_format_points(entry),
        *_format_state(entry.state, entry.person),
    ]


def _describe_question(name: str) -> tuple[Column, Column, Column]:
    return (
        Column(f"{name}_Correct", "string", "True or False."),
        Column(f"{name}_Answer", "string", "What was answered."),
        Column(f"{name}_Attempts", "integer", "How often it was tried."),
    )


def _format_points(entry: Entry) -> list[object]:
    points, total = sum_points(entry)
    if entry.state is None or not entry.questions:
        return [None, None, None, None, None, total]
    replies = entry.replies.values()
    right = sum(reply.is_correct is True for reply in replies)
    wrong = sum(reply.is_correct is False for reply in replies)
    answered = sum(
        bool(reply.answer) or reply.is_correct is not None or bool(reply.attempts)
        for reply in replies
    )
    shown = None if points is None or total is None else f"{points:.10g}/{total:.10g}"
    return [right, wrong, answered, shown, points, total]


def _format_state(state: State | None, person: Person) -> list[object]:
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


def _format_reply(entry: Entry, name: str) -> list[object]:
    reply = find_reply(entry, name)
    if reply is None:
        return [None, None, None]
    correct = None if reply.is_correct is None else str(reply.is_correct)
    return [correct, reply.answer or None, reply.attempts]
