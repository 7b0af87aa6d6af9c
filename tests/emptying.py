"""Emptying the database after a test that committed.

Django's own way, ``flush``, empties every table and then makes permissions and content
types anew; on PostgreSQL this takes longer than most tests.
"""

from collections.abc import Iterator

import pytest
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from bookbag.domain.audit import guards

KEPT_TABLES = {"auth_permission", "django_content_type"}
"""They have what migrating put there, which no test changes."""


def empty_database(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows but those of ``KEPT_TABLES``; triggers guard the audit log."""
    filled = list(_iter_filled(connection))
    is_guarded = "audit_auditentry" in filled
    if is_guarded or guards.list_missing_guards(connection):
        guards.drop_guards(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for name in filled:  # in any order: the constraints look when it is over
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608 - a table of ours
    if guards.list_missing_guards(connection):
        guards.create_guards(connection)


def _iter_filled(connection: BaseDatabaseWrapper) -> Iterator[str]:
    names = set(connection.introspection.django_table_names()) - KEPT_TABLES
    looks = (
        f"SELECT '{name}' WHERE EXISTS "  # noqa: S608 - tables of ours
        f"(SELECT 1 FROM {connection.ops.quote_name(name)})"
        for name in sorted(names)
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        for (name,) in cursor.fetchall():
            yield name


@pytest.fixture(scope="session", autouse=True)
def emptied_quickly() -> Iterator[None]:
    """Let Django empty databases in this way."""

    def empty(case: TransactionTestCase) -> None:
        for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
            empty_database(connections[alias])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield
