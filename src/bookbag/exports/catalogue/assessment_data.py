"""Answers to assessments: a table for each chosen assignment of a course."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, Dialect, write_table
from bookbag.domain.courses.models import Assignment
from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    People,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.options import Option, choose_from
from bookbag.exports.catalogue.plain_products import (
    Bundle,
    close_bundle,
    open_bundle,
)
from bookbag.exports.catalogue.results import (
    PERSON_COLUMNS,
    ResultLayout,
    find_reply,
    format_person,
    lay_out,
    name_tables,
    sum_points,
)
from bookbag.exports.catalogue.results_reading import CourseWork, Entry
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import (
    DIALECT,
    DIALECTS,
    TableContent,
    produce_table,
)
from bookbag.exports.catalogue.veiling import open_veil
from bookbag.exports.errors import OptionsError, ScopeError
from bookbag.exports.rows import Snapshot, open_snapshot

ASSIGNMENTS = "assignments"
"""The option that says which; none at all are all of the course."""
ASSIGNMENT_LIMIT = 500


def clean_assignments(value: str) -> str:
    """Return numbers of assignments in one spelling: in order, with blanks between.

    Raises:
        ValueError: If one is no number, or there are too many.
    """
    keys = {int(word) for word in value.replace(",", " ").split()}
    if len(keys) > ASSIGNMENT_LIMIT:
        raise ValueError(len(keys))
    return " ".join(str(key) for key in sorted(keys))


def check_options(scope: ExportScope, options: Mapping[str, str]) -> None:
    """Refuse assignments that are not of the course.

    Raises:
        OptionsError: If one is not.
    """
    wanted = set(options[ASSIGNMENTS].split())
    here = Assignment.objects.filter(course=scope.course).values_list("pk", flat=True)
    unknown = sorted(wanted - {str(key) for key in here})
    if unknown:
        message = f"Found assignment {unknown[0]}, expected one of the course"
        raise OptionsError(message)


def produce(context: ProductionContext) -> Product:
    """Write the table of one assignment, or a ZIP with those of several."""
    course = context.scope.course
    if course is None:
        raise ScopeError("Found no course, expected one: assessment-data")
    keys = context.options.get(ASSIGNMENTS, "").split()
    found = Assignment.objects.filter(course=course).select_related("course")
    chosen = list(found.filter(pk__in=keys) if keys else found)
    if len(chosen) == 1:
        return produce_table(
            context, lambda _context, snapshot: read_answers(snapshot, chosen[0])
        )
    dialect = Dialect(context.options.get(DIALECT, Dialect.CSV.value))
    veil = open_veil(context)
    with open_bundle(context) as folder, open_snapshot() as snapshot:
        snapshot.cover = veil
        for assignment, name in name_tables(chosen):
            content = read_answers(snapshot, assignment)
            stem = name.replace("results", "assessments", 1)
            with (folder / f"{stem}{dialect.suffix}").open("w+b") as file:
                write_table(content.batches, content.schema, file, dialect=dialect)
        day = context.snapshot_at.date()
        stem = format_file_stem(course.name, "assessment-data", day)
        return close_bundle(context, folder, Bundle(name="assessments", stem=stem))


def read_answers(snapshot: Snapshot, assignment: Assignment) -> TableContent:
    """Return what students answered in the assessments of an assignment."""
    term = str(get_terms().assignment)
    layout = ResultLayout(
        name="assessments",
        title=f"Assessments of {assignment.name}",
        columns=(
            *PERSON_COLUMNS,
            Column(f"{term}_Name", "string", "Its name.", nullable=False),
            Column("Total_Points_Earned", "number", "Points in all assessments."),
            Column("Total_Points_Possible", "number", "Points that there are."),
            Column("Time_Spent", "integer", "Time spent.", unit="seconds"),
        ),
        describe_question=_describe_question,
        format_start=_format_start,
        format_reply=_format_reply,
    )
    scope = CourseWork(course=assignment.course, assignment=assignment)
    return lay_out(snapshot, scope, layout)


def _describe_question(name: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_Attempts", "integer", "How often it was tried."),
        Column(f"{name}_Answer", "string", "What was answered."),
        Column(f"{name}_Earned_Points", "number", "Points for the answer."),
        Column(f"{name}_Total_Points_Possible", "number", "Points that there are."),
    )


def _format_start(entry: Entry) -> list[object]:
    earned, possible = sum_points(entry)
    spent = None if entry.state is None else entry.state.seconds_spent
    return [*format_person(entry.person), entry.place.name, earned, possible, spent]


def _format_reply(entry: Entry, name: str) -> list[object]:
    worth = next((q.max_points for q in entry.questions if q.name == name), None)
    reply = find_reply(entry, name)
    if reply is None:
        return [None, None, None, worth]
    return [reply.attempts, reply.answer or None, reply.points, worth]


DEFINITION = ExportDefinition(
    identifier="assessment-data",
    scope_kind=ScopeKind.COURSE,
    get_title=lambda: str(_("Assessment Data")),
    may_request=may_export_course,
    produce=produce,
    people=People.IN_ROWS,
    sends_mail=False,
    options={
        DIALECT: choose_from(*DIALECTS),
        ASSIGNMENTS: Option(
            default="",
            expected=f"at most {ASSIGNMENT_LIMIT} numbers of assignments",
            clean=clean_assignments,
        ),
    },
    check_options=check_options,
)
