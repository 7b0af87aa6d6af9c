"""Results of one assignment: one row for each student."""

from django.utils.translation import gettext_lazy as _

from bookbag.exports.catalogue.definition import ProductionContext, ScopeKind
from bookbag.exports.catalogue.results import read_results
from bookbag.exports.catalogue.results_reading import CourseWork
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import TableContent, define_table
from bookbag.exports.errors import ScopeError
from bookbag.exports.rows import Snapshot


def read_content(context: ProductionContext, snapshot: Snapshot) -> TableContent:
    """Return the results of the assignment that the export is about."""
    assignment = context.scope.assignment
    if assignment is None:
        raise ScopeError("Found no assignment, expected one: assignment-csv")
    scope = CourseWork(course=assignment.course, assignment=assignment)
    return read_results(snapshot, scope)


DEFINITION = define_table(
    "assignment-csv",
    ScopeKind.ASSIGNMENT,
    lambda: str(_("Results")),
    may_request=may_export_course,
    read=read_content,
)
