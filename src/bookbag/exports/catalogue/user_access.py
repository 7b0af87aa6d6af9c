"""User access data: who signed in and out and opened which project of a course."""

from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.activity.selectors import course_events, oldest_kept
from bookbag.domain.terms import get_terms
from bookbag.exports.catalogue.definition import (
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import TableContent, define_table
from bookbag.exports.errors import ScopeError

_TEXT: ColumnKind = "string"
FIELDS = (
    "user__username user__email user__first_name user__last_name occurred_at "
    "access_type reported_name reported_role project_path ip_address"
)
RULE_OLD = "older-than-kept"


def make_schema() -> TableSchema:
    """Return the table, with the header that ``BOOKBAG_TERMS`` chooses."""
    return TableSchema(
        name="user_access",
        title="User access",
        description="One row for each log-in, log-out, opening and closing of a "
        "project, oldest first.",
        columns=(
            Column("username", _TEXT, "User name.", nullable=False),
            Column("email", _TEXT, "E-mail address."),
            Column("first_name", _TEXT, "First name."),
            Column("last_name", _TEXT, "Last name."),
            Column("occurred_at", "datetime", "When it happened.", nullable=False),
            Column(
                "access_type",
                _TEXT,
                "Log In, Log Out, Project Open or Project Close.",
                nullable=False,
            ),
            Column(
                get_terms().assignment_column,
                _TEXT,
                "The assignment, or its book; none for log-ins and log-outs.",
            ),
            Column("role", _TEXT, "Teacher or Student, at that time.", nullable=False),
            Column("project_path", _TEXT, "The project; empty for log-ins."),
            Column("ip_address", _TEXT, "Where the person signed in from."),
        ),
    )


def read_user_access(context: ProductionContext) -> TableContent:
    """Return the access events of a course that are still kept."""
    course = context.scope.course
    if course is None:
        raise ScopeError("Found no course, expected one: user-access")
    old = AccessEvent.objects.filter(
        course=course, occurred_at__lt=oldest_kept(context.snapshot_at)
    )
    return TableContent(
        schema=make_schema(),
        rows=course_events(course, context.snapshot_at),
        fields=FIELDS,
        left_out={RULE_OLD: old},
        file_stem=course.name,
    )


DEFINITION = define_table(
    "user-access",
    ScopeKind.COURSE,
    lambda: str(_("User Access Data")),
    may_request=may_export_course,
    read=read_user_access,
)
