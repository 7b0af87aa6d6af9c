"""The tables of an archive of course work, all of one moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from bagkit.archive import TableSource
from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.courses.models import (
    Answer,
    Assignment,
    Enrolment,
    Progress,
    Project,
)
from bookbag.exports.catalogue.results import CourseWork, name_tables, read_results
from bookbag.exports.catalogue.user_access import make_schema, read_events
from bookbag.exports.rows import Snapshot, table_source

_TEXT: ColumnKind = "string"

ENROLMENTS = TableSchema(
    name="enrolments",
    title="Enrolments",
    description="Everybody who is or was in the course, with their role.",
    columns=(
        Column("username", _TEXT, "The person's user name.", nullable=False),
        Column("email", _TEXT, "The person's e-mail address, where one is known."),
        Column("first_name", _TEXT, "The person's first name."),
        Column("last_name", _TEXT, "The person's last name."),
        Column("role", _TEXT, "Teacher or Student.", nullable=False),
        Column("is_read_only", "boolean", "Whether a teacher may only read."),
        Column("enrolled_at", "datetime", "When the person was enrolled."),
        Column("removed_at", "datetime", "When the person was removed, if so."),
    ),
    primary_key=("username", "role"),
)

ASSIGNMENTS = TableSchema(
    name="assignments",
    title="Assignments",
    description="Every assignment of the course, in order.",
    columns=(
        Column("module_name", _TEXT, "The module it belongs to.", nullable=False),
        Column("assignment_name", _TEXT, "Its name.", nullable=False),
        Column("folder", _TEXT, "Its folder under workspaces.", nullable=False),
        Column("kind", _TEXT, "project or book.", nullable=False),
        Column("book_name", _TEXT, "The book's name, when it is book-based."),
        Column("position", "integer", "Its place in the module, from 0."),
    ),
    primary_key=("assignment_name",),
)

PROJECTS = TableSchema(
    name="projects",
    title="Projects",
    description="Every student's project, with the stack to open it with.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("project_path", _TEXT, "How the platform names it.", nullable=False),
        Column("stack_name", _TEXT, "The stack's name, where one is known."),
        Column("stack_version", _TEXT, "The stack's version, where one is known."),
        Column("created_at", "datetime", "When the project was made."),
    ),
    primary_key=("assignment_name", "username"),
)


PROGRESS = TableSchema(
    name="progress",
    title="Progress",
    description="Every student's state in an assignment, as far as it is known.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("started_at", "datetime", "When the student started."),
        Column("completed_dates", _TEXT, "Every time of handing in, a JSON list."),
        Column("seconds_spent", "integer", "Time spent.", unit="seconds"),
        Column("assessments_grade", "number", "The grade of the assessments."),
        Column("script_grade", "number", "The grade that a script gave."),
        Column("teacher_grade", "number", "The grade that a teacher gave."),
        Column("grade_override", "number", "The grade that replaces all others."),
        Column("extra_credit", "number", "Credit on top."),
        Column("final_grade", "number", "The grade that counts."),
        Column("behavioral_insights", "integer", "How conspicuous, from 0 to 5."),
        Column("comments", _TEXT, "The teacher's comments."),
    ),
    primary_key=("assignment_name", "username"),
)

ANSWERS = TableSchema(
    name="answers",
    title="Answers",
    description="What was answered in each assessment.",
    columns=(
        Column("assignment_name", _TEXT, "The assignment.", nullable=False),
        Column("username", _TEXT, "The student's user name.", nullable=False),
        Column("assessment", _TEXT, "The assessment.", nullable=False),
        Column("answer", _TEXT, "What was answered."),
        Column("is_correct", "boolean", "Whether it is right, if that is known."),
        Column("points", "number", "Points for it."),
        Column("max_points", "number", "Points that it is worth."),
        Column("attempts", "integer", "How often it was tried."),
    ),
    primary_key=("assignment_name", "username", "assessment"),
)


IN_COURSE = ("module__position", "module__pk", "position", "pk")


def list_tables(
    work: CourseWork, snapshot: Snapshot, snapshot_at: datetime
) -> Iterator[TableSource]:
    """Yield the tables of an archive; their rows are read when they are written."""
    yield from _list_structure(work, snapshot)
    yield from _list_progress(work, snapshot)
    yield from _list_results(work, snapshot)
    if work.assignment is None and work.student is None:
        events = read_events(work.course, snapshot_at)
        yield table_source(snapshot, make_schema(), events.rows, events.fields)


def _list_structure(work: CourseWork, snapshot: Snapshot) -> Iterator[TableSource]:
    enrolments = Enrolment.objects.filter(course=work.course)
    projects = Project.objects.filter(_is_wanted(work, "owner"))
    if work.student is not None:
        enrolments = enrolments.filter(user=work.student)
    yield table_source(
        snapshot,
        ENROLMENTS,
        enrolments.order_by("user__username", "role"),
        "user__username user__email user__first_name user__last_name role "
        "is_read_only enrolled_at removed_at",
    )
    yield table_source(
        snapshot,
        ASSIGNMENTS,
        _find_assignments(work),
        "module__name name folder kind book_name position",
    )
    yield table_source(
        snapshot,
        PROJECTS,
        projects.order_by(*_in_assignment(), "owner__username"),
        "assignment__name owner__username path stack__name stack__version created_at",
    )


def _list_progress(work: CourseWork, snapshot: Snapshot) -> Iterator[TableSource]:
    states = Progress.objects.filter(_is_wanted(work, "student"))
    answers = Answer.objects.filter(
        progress__in=Progress.objects.filter(_is_wanted(work, "student"))
    )
    yield table_source(
        snapshot,
        PROGRESS,
        states.annotate(dates=Cast("completed_dates", CharField())).order_by(
            *_in_assignment(), "student__username"
        ),
        "assignment__name student__username started_at dates seconds_spent "
        "assessments_grade script_grade teacher_grade grade_override extra_credit "
        "final_grade behavioral_insights comments",
    )
    yield table_source(
        snapshot,
        ANSWERS,
        answers.order_by(
            *_in_assignment("progress__"),
            "progress__student__username",
            "assessment__position",
        ),
        "progress__assignment__name progress__student__username assessment__name "
        "answer is_correct points assessment__max_points attempts",
    )


def _list_results(work: CourseWork, snapshot: Snapshot) -> Iterator[TableSource]:
    if work.student is not None:
        yield _results_source(snapshot, work, "results")
        return
    for assignment, name in name_tables(_find_assignments(work)):
        of_one = replace(work, assignment=assignment)
        yield _results_source(snapshot, of_one, name)


def _results_source(snapshot: Snapshot, work: CourseWork, name: str) -> TableSource:
    content = read_results(snapshot, work)
    return TableSource(
        schema=replace(content.schema, name=name),
        batches=lambda: content.batches,
        excluded={rule: count for rule, count in content.left_out.items() if count},
    )


def _find_assignments(work: CourseWork) -> QuerySet[Assignment]:
    found = Assignment.objects.filter(course=work.course).order_by(*IN_COURSE)
    return found if work.assignment is None else found.filter(pk=work.assignment.pk)


def _is_wanted(work: CourseWork, whose: str) -> Q:
    wanted = Q(assignment__course=work.course)
    if work.assignment is not None:
        wanted &= Q(assignment=work.assignment)
    return wanted if work.student is None else wanted & Q(**{whose: work.student})


def _in_assignment(prefix: str = "") -> tuple[str, ...]:
    return tuple(f"{prefix}assignment__{name}" for name in IN_COURSE)
