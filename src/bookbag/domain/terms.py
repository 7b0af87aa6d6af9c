"""The words that pages, mails and headers use: course terms or class terms.

Source: design decision, ``docs/reference/glossary.md``.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One vocabulary, each word in the forms that sentences need."""

    course: Promise
    courses: Promise
    course_lower: Promise
    assignment: Promise
    assignments: Promise
    assignment_lower: Promise
    assignments_lower: Promise
    course_data: Promise
    assignment_data: Promise
    assignment_column: str
    """The header of a column that names an assignment."""


COURSE_TERMS = Terms(
    course=_("Course"),
    courses=_("Courses"),
    course_lower=_("course"),
    assignment=_("Assignment"),
    assignments=_("Assignments"),
    assignment_lower=_("assignment"),
    assignments_lower=_("assignments"),
    course_data=_("Course Data"),
    assignment_data=_("Assignment Data"),
    assignment_column="assignment_name",
)

CLASS_TERMS = Terms(
    course=_("Class"),
    courses=_("Classes"),
    course_lower=_("class"),
    assignment=_("Unit"),
    assignments=_("Units"),
    assignment_lower=_("unit"),
    assignments_lower=_("units"),
    course_data=_("Class Data"),
    assignment_data=_("Unit Data"),
    assignment_column="unit_name",
)


def get_terms() -> Terms:
    """Return the vocabulary that ``BOOKBAG_TERMS`` chooses."""
    return CLASS_TERMS if settings.BOOKBAG_TERMS == "class" else COURSE_TERMS
