"""Users: every member of a workspace, with role, seat, groups and status."""

from django.db.models import F, OuterRef
from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.people.models import GroupMember, Member, Workspace
from bookbag.exports.catalogue.table_products import (
    RowsToRead,
    define_workspace_table,
)
from bookbag.exports.rows import JoinedNames

_TEXT: ColumnKind = "string"

USERS = TableSchema(
    name="users",
    title="Users",
    description="Every member of the workspace, deactivated ones included.",
    columns=(
        Column("first_name", _TEXT, "First name."),
        Column("last_name", _TEXT, "Last name."),
        Column("email", _TEXT, "E-mail address."),
        Column("role", _TEXT, "Owner, Admin, Staff or Member.", nullable=False),
        Column("seat_type", _TEXT, "The kind of seat.", nullable=False),
        Column("groups", _TEXT, "Names of groups, sorted, with commas between."),
        Column("date_joined", "datetime", "When the person became a member."),
        Column("last_login", "datetime", "When the person last signed in."),
        Column("status", _TEXT, "Active or Deactivated.", nullable=False),
    ),
)
FIELDS = (
    "user__first_name user__last_name user__email role seat_type group_names "
    "joined_at user__last_login status"
)


def read_users(workspace: Workspace) -> RowsToRead:
    """Return the members of a workspace by name."""
    in_groups = GroupMember.objects.filter(
        member=OuterRef("pk"), group__deleted_at__isnull=True
    )
    names = in_groups.annotate(name=F("group__name")).values("name")
    members = Member.objects.filter(workspace=workspace)
    return RowsToRead(
        rows=members.annotate(group_names=JoinedNames(names)).order_by(
            "user__last_name", "user__first_name"
        ),
        fields=FIELDS,
    )


DEFINITION = define_workspace_table(
    "users", USERS, lambda: str(_("All Users")), read_users
)
