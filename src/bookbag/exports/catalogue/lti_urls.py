"""LTI settings: the integration URL of every assignment; never a secret."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema, iter_row_batches
from bookbag.domain.courses.models import Course
from bookbag.domain.lti.selectors import is_launchable, list_integration_urls
from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.definition import (
    ExportScope,
    People,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import (
    Choices,
    TableContent,
    define_table,
)
from bookbag.exports.errors import ScopeError
from bookbag.exports.rows import Snapshot

_TEXT: ColumnKind = "string"


def make_schema() -> TableSchema:
    """Return the table, with the header that ``BOOKBAG_TERMS`` chooses."""
    return TableSchema(
        name="lti_urls",
        title="LTI integration URLs",
        description="One row for each assignment, in the order of the course.",
        columns=(
            Column("module_name", _TEXT, "The module.", nullable=False),
            Column(
                get_terms().assignment_column, _TEXT, "The assignment.", nullable=False
            ),
            Column("integration_url", _TEXT, "Launches it.", nullable=False),
        ),
    )


def get_launchable_course(scope: ExportScope) -> Course:
    """Return the course of a scope.

    Raises:
        ScopeError: If it is not open to LTI launches.
    """
    course = scope.course
    if course is None or not is_launchable(course):
        message = "Found a course without LTI, expected one that is open to launches"
        raise ScopeError(message)
    return course


def check_scope(scope: ExportScope, _options: Mapping[str, str]) -> None:
    """Refuse a course that is not open to launches.

    Raises:
        ScopeError: If it is not.
    """
    get_launchable_course(scope)


def read_urls(context: ProductionContext, _snapshot: Snapshot) -> TableContent:
    """Return the integration URLs of the course that the export is about."""
    course = get_launchable_course(context.scope)
    schema = make_schema()
    rows = [
        (found.assignment.module.name, found.assignment.name, found.url)
        for found in list_integration_urls(course)
    ]
    return TableContent(
        schema=schema,
        batches=iter_row_batches(schema, rows),
        row_count=len(rows),
        left_out={},
        file_stem=course.name,
    )


DEFINITION = define_table(
    "lti-urls",
    ScopeKind.COURSE,
    lambda: str(_("LTI Integration URLs")),
    may_request=may_export_course,
    read=read_urls,
    choices=Choices(check=check_scope, people=People.NOWHERE),
)
