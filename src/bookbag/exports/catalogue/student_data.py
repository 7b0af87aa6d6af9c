"""Student data: one student's workspaces in a course, as an archive."""

from django.utils.translation import gettext_lazy as _

from bookbag.exports.catalogue.course_work import define_course_archive
from bookbag.exports.catalogue.definition import ScopeKind

DEFINITION = define_course_archive(
    "student-data", ScopeKind.STUDENT, lambda: str(_("Student Data"))
)
