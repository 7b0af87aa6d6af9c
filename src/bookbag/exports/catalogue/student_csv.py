"""Results of one student in a course: one row for each assignment."""

from django.utils.translation import gettext_lazy as _

from bookbag.exports.catalogue.definition import ProductionContext, ScopeKind
from bookbag.exports.catalogue.results import read_results
from bookbag.exports.catalogue.results_reading import CourseWork
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import TableContent, define_table
from bookbag.exports.errors import ScopeError
from bookbag.exports.rows import Snapshot


def read_content(context: ProductionContext, snapshot: Snapshot) -> TableContent:
    """Return the results of the student that the export is about."""
    course, student = context.scope.course, context.scope.subject
    if course is None or student is None:
        raise ScopeError("Found no student of a course, expected one: student-csv")
    return read_results(snapshot, CourseWork(course=course, student=student))


DEFINITION = define_table(
    "student-csv",
    ScopeKind.STUDENT,
    lambda: str(_("Student's Results")),
    may_request=may_export_course,
    read=read_content,
)
