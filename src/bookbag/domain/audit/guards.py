"""Triggers of the database that refuse to change or delete entries.

A redaction may change what an entry says of a person and nothing else (ADR 0120);
whether it was ours is told by its keyed mark.
"""

from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "audit entries are never changed or deleted"
_KEPT = (
    *("id", "workspace_id", "sequence", "previous", "digest", "happened_at"),
    *("act", "face", "result"),
)
_IS_REDACTION = " AND ".join(
    ("NEW.redaction <> ''", *(f"NEW.{name} = OLD.{name}" for name in _KEPT))
)
_SQLITE = {
    "audit_entry_update": "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON "
    f"audit_auditentry WHEN NOT ({_IS_REDACTION}) "
    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    "audit_entry_delete": "CREATE TRIGGER audit_entry_delete BEFORE DELETE ON "
    f"audit_auditentry BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
}
_POSTGRESQL = {
    "audit_entry_update": "CREATE TRIGGER audit_entry_update BEFORE UPDATE OR DELETE "
    "ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "audit_entry_delete": "CREATE TRIGGER audit_entry_delete BEFORE TRUNCATE "
    "ON audit_auditentry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
}
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF TG_OP = 'UPDATE' THEN IF {_IS_REDACTION} THEN RETURN NEW; END IF; "
    f"END IF; RAISE EXCEPTION '{MESSAGE}'; END $$"
)


def create_guards(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; a migration calls this, and each that remakes the table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for statement in _guards_of(connection).values():
            cursor.execute(statement)


def drop_guards(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers: to undo the migration, and to empty a test's database."""
    suffix = " ON audit_auditentry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in _guards_of(connection):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def list_missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that the database should have and has not."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        # 'D' is a trigger that is there and was switched off.
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {name for (name,) in cursor.fetchall()}
    return [name for name in _guards_of(connection) if name not in found]


def _guards_of(connection: BaseDatabaseWrapper) -> Mapping[str, str]:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
