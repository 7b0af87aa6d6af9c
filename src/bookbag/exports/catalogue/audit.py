"""The audit log: every entry of a workspace's chain, oldest first."""

from django.utils.translation import gettext_lazy as _

from bagkit.tables import Column, ColumnKind, TableSchema
from bookbag.domain.audit.models import AuditEntry
from bookbag.domain.people.models import Workspace
from bookbag.exports.catalogue.table_products import (
    RowsToRead,
    define_workspace_table,
)

_TEXT: ColumnKind = "string"

AUDIT = TableSchema(
    name="audit",
    title="Audit log",
    description="One row for each entry of the audit log, oldest first. Each digest "
    "covers its row and the digest before it.",
    columns=(
        Column("sequence", "integer", "Counts the entries from 1.", nullable=False),
        Column("happened_at", "datetime", "When it was done.", nullable=False),
        Column("username", _TEXT, "Who did it; an operator's name for commands."),
        Column("door", _TEXT, "page, api, command or worker.", nullable=False),
        Column("ip_address", _TEXT, "From where."),
        Column("act", _TEXT, "What was done.", nullable=False),
        Column("target", _TEXT, "What it was done to, as it was called then."),
        Column("target_key", _TEXT, "The identifier of that."),
        Column("purpose", _TEXT, "What the person said the data is for."),
        Column("result", _TEXT, "done or refused.", nullable=False),
        Column("detail", _TEXT, "More about it."),
        Column("digest", _TEXT, "The entry's digest in the chain.", nullable=False),
    ),
)
FIELDS = (
    "sequence happened_at person_name face ip_address act target target_key purpose "
    "result detail digest"
)


def read_audit(workspace: Workspace) -> RowsToRead:
    """Return the audit log of a workspace."""
    entries = AuditEntry.objects.filter(workspace=workspace).order_by("sequence")
    return RowsToRead(rows=entries, fields=FIELDS)


DEFINITION = define_workspace_table(
    "audit", AUDIT, lambda: str(_("Audit log")), read_audit
)
