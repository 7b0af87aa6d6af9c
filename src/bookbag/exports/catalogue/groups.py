"""Groups: every member of every group of a workspace."""

from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.people.models import Group, GroupMember, Workspace
from bookbag.exports.catalogue.table_products import (
    RowsToRead,
    define_workspace_table,
)

_TEXT: ColumnKind = "string"

GROUPS = TableSchema(
    name="groups",
    title="Groups",
    description="One row for each member of a group; a group without members is one "
    "row with its name alone.",
    columns=(
        Column("group_name", _TEXT, "The group.", nullable=False),
        Column("first_name", _TEXT, "The member's first name."),
        Column("last_name", _TEXT, "The member's last name."),
        Column("email", _TEXT, "The member's e-mail address."),
        Column("role", _TEXT, "Group Admin or Member."),
        Column("status", _TEXT, "Active or Deactivated, in the workspace."),
    ),
)
FIELDS = (
    "name members__member__user__first_name members__member__user__last_name "
    "members__member__user__email members__role members__member__status"
)
RULE_DELETED = "deleted-group"


def read_groups(workspace: Workspace) -> RowsToRead:
    """Return the groups of a workspace with their members, by name."""
    groups = Group.objects.filter(workspace=workspace, deleted_at__isnull=True)
    return RowsToRead(
        rows=groups.order_by(
            "name",
            "members__member__user__last_name",
            "members__member__user__first_name",
            "members__pk",
        ),
        fields=FIELDS,
        left_out={
            RULE_DELETED: GroupMember.objects.filter(
                group__workspace=workspace, group__deleted_at__isnull=False
            )
        },
    )


DEFINITION = define_workspace_table(
    "groups", GROUPS, lambda: str(_("All Groups")), read_groups
)
