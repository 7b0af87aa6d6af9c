"""Sessions: every role-play session of a workspace that counts."""

from django.conf import settings
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.people.models import Workspace
from bookbag.domain.roleplay.models import RoleplaySession
from bookbag.domain.roleplay.selectors import exported_sessions, with_attempts
from bookbag.exports.catalogue.table_products import (
    RowsToRead,
    define_workspace_table,
)
from bookbag.exports.rows import SecondsBetween

_TEXT: ColumnKind = "string"

SESSIONS = TableSchema(
    name="sessions",
    title="Sessions",
    description="One row for each session, oldest first; demo and archived sessions "
    "are left out.",
    columns=(
        Column("first_name", _TEXT, "The participant's first name."),
        Column("last_name", _TEXT, "The participant's last name."),
        Column("email", _TEXT, "The participant's e-mail address."),
        Column("scenario", _TEXT, "The scenario.", nullable=False),
        Column("difficulty", _TEXT, "How hard the scenario is.", nullable=False),
        Column("score", "number", "The score, from 0 to 100; none if not graded."),
        Column("rank", _TEXT, "The rank that belongs to the score."),
        Column(
            "attempt_number",
            "integer",
            "Counts the sessions of this person and scenario by their start.",
            nullable=False,
        ),
        Column(
            "valid_attempt", "boolean", "Whether it counts toward progress.",
            nullable=False,
        ),
        Column("program", _TEXT, "The program that it was assigned through."),
        Column("assigned_by", _TEXT, "Who assigned it directly: e-mail address."),
        Column("assigner_name", _TEXT, "Who assigned it directly: full name."),
        Column("started_at", "datetime", "When it started.", nullable=False),
        Column("ended_at", "datetime", "When it ended."),
        Column("duration_seconds", "integer", "From start to end.", unit="seconds"),
        Column("session_link", _TEXT, "Opens its review page.", nullable=False),
    ),
)  # fmt: skip
FIELDS = (
    "participant__first_name participant__last_name participant__email "
    "scenario__name scenario__difficulty score shown_rank attempt_number "
    "is_valid_attempt program__name assignment__assigner__email assigner_name "
    "started_at ended_at duration link"
)


def read_sessions(workspace: Workspace) -> RowsToRead:
    """Return the sessions of a workspace by their start."""
    assigner = "assignment__assigner"
    name = Trim(
        Concat(F(f"{assigner}__first_name"), Value(" "), F(f"{assigner}__last_name"))
    )
    sessions = with_attempts(exported_sessions(workspace)).annotate(
        assigner_name=Case(
            When(
                assignment__isnull=False,
                then=Coalesce(NullIf(name, Value("")), F(f"{assigner}__username")),
            ),
            default=None,
            output_field=CharField(),
        ),
        duration=SecondsBetween("ended_at", "started_at"),
        link=Concat(
            Value(f"{settings.BOOKBAG_BASE_URL}/sessions/"),
            Cast("pk", CharField()),
            Value("/"),
            output_field=CharField(),
        ),
    )
    kept_out = RoleplaySession.objects.filter(workspace=workspace)
    return RowsToRead(
        rows=sessions.order_by("started_at"),
        fields=FIELDS,
        left_out={
            "demo": kept_out.filter(is_demo=True),
            "archived": kept_out.filter(is_demo=False, is_archived=True),
        },
    )


DEFINITION = define_workspace_table(
    "sessions", SESSIONS, lambda: str(_("All Sessions")), read_sessions
)
