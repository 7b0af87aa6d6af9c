"""The tables of an archive of course work, all of one moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from bagkit.archive import TableSource
from bookbag.domain.courses.models import (
    Answer,
    Assessment,
    Assignment,
    Enrolment,
    Progress,
    Project,
)
from bookbag.exports.catalogue.results import name_tables, read_results
from bookbag.exports.catalogue.results_reading import CourseWork
from bookbag.exports.catalogue.user_access import read_events
from bookbag.exports.rows import Snapshot, table_source
from bookbag.formats.course_tables import (
    ANSWERS,
    ASSESSMENTS,
    ASSIGNMENTS,
    ENROLMENTS,
    PROGRESS,
    PROJECTS,
    make_access_schema,
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
        yield table_source(snapshot, make_access_schema(), events.rows, events.fields)


def list_projects_of(work: CourseWork) -> QuerySet[Project]:
    """Return the projects that an archive is about, in the order of its tables."""
    found = Project.objects.filter(_is_wanted(work, "owner"))
    return found.order_by(*_in_assignment(), "owner__username")


def _list_structure(work: CourseWork, snapshot: Snapshot) -> Iterator[TableSource]:
    enrolments = Enrolment.objects.filter(course=work.course)
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
        ASSESSMENTS,
        Assessment.objects.filter(assignment__in=_find_assignments(work)).order_by(
            *_in_assignment(), "position", "pk"
        ),
        "assignment__name name position max_points",
    )
    yield table_source(
        snapshot,
        PROJECTS,
        list_projects_of(work),
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
