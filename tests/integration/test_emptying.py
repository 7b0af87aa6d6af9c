"""A test that committed leaves an empty database, guarded as before."""

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection

from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.guards import drop_guards, list_missing_guards
from bookbag.domain.audit.models import Act, AuditEntry
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User, Workspace
from tests import factories
from tests.emptying import empty_database

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_row_is_left_but_those_of_migrating() -> None:
    course = factories.make_course()
    factories.make_teacher(course)
    record(course.workspace_id, Deed(act=Act.GROUP_ADDED, target="Sales"))
    seal_all_drafts()
    permissions = Permission.objects.count()
    assert AuditEntry.objects.exists()

    empty_database(connection)

    kinds = (AuditEntry, Enrolment, Course, User, Workspace)
    assert [kind for kind in kinds if kind.objects.exists()] == []
    assert Permission.objects.count() == permissions > 0
    with pytest.raises(DatabaseError, match="never changed or deleted"):
        _try_to_delete()


def test_guards_that_a_test_took_down_are_up_again() -> None:
    drop_guards(connection)

    empty_database(connection)

    assert list_missing_guards(connection) == []


def _try_to_delete() -> None:
    course = factories.make_course()
    record(course.workspace_id, Deed(act=Act.GROUP_ADDED, target="Sales"))
    seal_all_drafts()
    AuditEntry.objects.all().delete()
