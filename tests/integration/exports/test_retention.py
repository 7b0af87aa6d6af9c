"""Sweeps remove what has had its time, and nothing else, however often they run."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.retention import remove_orphans, sweep_expired
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage, format_key
from tests import factories


def make_file(storage: LocalStorage, key: str) -> str:
    path = storage.root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    return key


@pytest.fixture
def export(course: Course, teacher: User, storage: LocalStorage) -> Export:
    export = factories.make_export(course, teacher, state=ExportState.READY, attempt=1)
    export.storage_key = make_file(storage, format_key(export.pk, 1, ".zip"))
    export.save()
    return export


def test_an_expired_file_is_removed_and_the_row_is_kept(
    export: Export, storage: LocalStorage
) -> None:
    Export.objects.update(expires_at=timezone.now())

    assert sweep_expired() == 1

    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED
    assert export.removed_at is not None
    assert export.sha256
    assert list(storage.iter_keys()) == []
    assert [event.kind for event in export.events.all()] == ["expired"]


def test_a_second_sweep_finds_nothing(export: Export) -> None:
    Export.objects.update(expires_at=timezone.now())
    sweep_expired()

    assert sweep_expired() == 0
    assert export.events.count() == 1


def test_a_file_whose_time_is_not_over_stays(
    export: Export, storage: LocalStorage
) -> None:
    Export.objects.update(expires_at=timezone.now() + timedelta(seconds=5))

    assert sweep_expired() == 0
    assert remove_orphans() == 0
    assert list(storage.iter_keys()) == [export.storage_key]


def test_a_file_that_cannot_be_removed_is_tried_again(
    export: Export, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Export.objects.update(expires_at=timezone.now())

    def refuse(_storage: LocalStorage, _key: str) -> None:
        message = "read-only file system"
        raise OSError(message)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "delete_file", refuse)
        assert sweep_expired() == 0

    assert sweep_expired() == 1
    assert list(storage.iter_keys()) == []


@pytest.mark.usefixtures("db")
def test_files_of_no_export_are_removed(storage: LocalStorage) -> None:
    make_file(storage, format_key(uuid4(), 1, ".zip"))
    make_file(storage, f"staged/{uuid4()}.2.part")

    assert remove_orphans() == 2
    assert remove_orphans() == 0


def test_what_an_earlier_attempt_left_is_removed(
    course: Course, teacher: User, storage: LocalStorage
) -> None:
    running = factories.make_export(
        course, teacher, state=ExportState.RUNNING, attempt=2
    )
    make_file(storage, f"staged/{running.pk}.1.part")
    make_file(storage, f"staged/{running.pk}.1.part.parts/3")
    kept = make_file(storage, f"staged/{running.pk}.2.part")

    assert remove_orphans() == 2
    assert list(storage.iter_keys()) == [kept]


@pytest.mark.usefixtures("db")
def test_files_that_are_not_ours_stay(storage: LocalStorage) -> None:
    key = make_file(storage, "published/notes.txt")

    assert remove_orphans() == 0
    assert list(storage.iter_keys()) == [key]
