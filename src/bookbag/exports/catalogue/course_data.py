"""Course data: every student's workspace and the course's tables, as one archive."""

from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.course_work import define_course_archive
from bookbag.exports.catalogue.definition import ScopeKind

DEFINITION = define_course_archive(
    "course-data", ScopeKind.COURSE, lambda: str(get_terms().course_data)
)
