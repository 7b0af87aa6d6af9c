"""Assignment data: every student's workspace for one assignment, as an archive."""

from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.course_work import define_course_archive
from bookbag.exports.catalogue.definition import ScopeKind

DEFINITION = define_course_archive(
    "assignment-data", ScopeKind.ASSIGNMENT, lambda: str(get_terms().assignment_data)
)
