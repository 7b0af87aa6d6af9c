"""The doctor finds each kind of inconsistency, mends it, and harms nothing else."""

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.doctor import find_inconsistencies
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.outbox import OutboxState
from bookbag.exports.states import ExportState, MailKind
from bookbag.exports.storage import LocalStorage, format_key
from bookbag.jobs.inconsistencies import Inconsistency
from tests import factories

CONTENT = b"content"


@pytest.fixture
def export(course: Course, teacher: User, storage: LocalStorage) -> Export:
    export = factories.make_export(course, teacher, state=ExportState.READY, attempt=1)
    key = format_key(export.pk, 1, ".zip")
    path = storage.root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    export.storage_key = key
    export.size_bytes = len(CONTENT)
    export.sha256 = hashlib.sha256(CONTENT).hexdigest()
    export.expires_at = timezone.now() + timedelta(days=1)
    export.save()
    return export


def find() -> list[Inconsistency]:
    return list(find_inconsistencies())


def mend(found: list[Inconsistency]) -> None:
    for case in found:
        assert case.mend is not None
        case.mend()


@pytest.mark.usefixtures("export")
def test_what_fits_together_is_left_alone() -> None:
    assert find() == []


def test_a_file_without_a_row_is_removed(export: Export, storage: LocalStorage) -> None:
    key = format_key(uuid4(), 1, ".zip")
    (storage.root / key).write_bytes(b"whose?")

    found = find()
    mend(found)

    assert [case.code for case in found] == ["file_without_row"]
    assert key in found[0].message
    assert list(storage.iter_keys()) == [export.storage_key]
    assert find() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "row_without_file"),
        (b"short", "size_differs"),
        (b"c0ntent", "digest_differs"),
    ],
)
def test_a_broken_file_is_retired(
    export: Export, storage: LocalStorage, content: bytes | None, code: str
) -> None:
    path = storage.root / export.storage_key
    path.unlink() if content is None else path.write_bytes(content)

    found = find()
    mend(found)

    export.refresh_from_db()
    assert [case.code for case in found] == [code]
    assert str(export.pk) in found[0].message
    assert export.state == ExportState.EXPIRED
    assert export.events.get().detail.startswith("Doctor: Found")
    assert find() == []


def test_digests_are_not_read_unless_asked_for(
    export: Export, storage: LocalStorage
) -> None:
    (storage.root / export.storage_key).write_bytes(b"c0ntent")

    assert list(find_inconsistencies(reads_files=False)) == []


def test_a_file_that_outlived_its_export_is_swept(
    export: Export, storage: LocalStorage
) -> None:
    Export.objects.update(expires_at=timezone.now() - timedelta(minutes=6))

    found = find()
    mend(found)

    assert [case.code for case in found] == ["expired_file_kept"]
    assert list(storage.iter_keys()) == []
    assert find() == []


def test_an_export_that_nobody_works_on_gets_a_worker(
    course: Course, teacher: User, woken: list[str]
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    export = factories.make_export(course, teacher, state=ExportState.QUEUED)
    Export.objects.update(requested_at=long_ago, woken_at=long_ago)

    found = find()
    mend(found)

    assert [case.code for case in found] == ["nobody_works_on_it"]
    assert woken == [str(export.pk)]
    assert find() == []


@pytest.mark.usefixtures("course")
def test_a_late_mail_is_sent(export: Export, teacher: User) -> None:
    mail = MailMessage.objects.create(
        export=export,
        person=teacher,
        kind=MailKind.READY,
        due_at=timezone.now() - timedelta(hours=1),
    )

    found = find()
    mend(found)

    mail.refresh_from_db()
    assert [case.code for case in found] == ["mail_is_late"]
    assert mail.state == OutboxState.DELIVERED


def test_a_workspace_that_is_gone_needs_a_person(
    course: Course, settings: Settings, tmp_path: Path
) -> None:
    settings.BOOKBAG_WORKSPACES = tmp_path / "workspaces"
    assignment = factories.make_assignment(course)
    student = factories.enrol(course)
    folder = tmp_path / "workspaces" / "gone"
    factories.make_project(assignment, student, folder)

    found = find()

    assert [(case.code, case.mend) for case in found] == [("workspace_is_gone", None)]
    assert str(folder) in found[0].message
