"""Refusals say the limit, the usage and when there will be room."""

import shutil
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import (
    ExportScope,
    Product,
    ProductionContext,
)
from bookbag.exports.errors import DiskFloorError, QuotaExceededError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.services import request_export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.definitions import IDENTIFIER, installed_definition, produce_content
from tests.integration.exports.test_working import PROGRESS

MB = 1_000_000
SOON = datetime(2026, 11, 22, 14, 5, tzinfo=timezone.get_fixed_timezone(0))


def keep(course: Course, teacher: User, *, size_bytes: int, days: int) -> Export:
    return factories.make_export(
        course,
        teacher,
        identifier="course-data",
        state=ExportState.READY,
        size_bytes=size_bytes,
        expires_at=SOON + timedelta(days=days),
    )


def ask(person: User, course: Course) -> Export:
    return request_export(
        person=person, identifier=IDENTIFIER, scope=ExportScope.of_course(course)
    )


def leave_free(monkeypatch: pytest.MonkeyPatch, size_bytes: int) -> None:
    def measure(_path: object) -> Any:
        return SimpleNamespace(free=size_bytes)

    monkeypatch.setattr(shutil, "disk_usage", measure)


@pytest.mark.usefixtures("fake_definition")
def test_a_workspace_at_its_quota_is_told_when_there_is_room(
    course: Course, teacher: User, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE = 10 * MB
    keep(course, teacher, size_bytes=2 * MB, days=1)
    keep(course, teacher, size_bytes=8 * MB, days=0)

    with pytest.raises(QuotaExceededError) as caught:
        ask(teacher, course)

    assert caught.value.used_bytes == 10 * MB
    assert str(caught.value) == (
        f"Found 10.0 MB of exports kept by the workspace {course.workspace.name!r}, "
        "expected at most 10.0 MB with this one: there will be room at 22 Nov 2026, "
        "14:05 UTC"
    )
    assert not Export.objects.filter(identifier=IDENTIFIER).exists()


@pytest.mark.usefixtures("fake_definition")
@pytest.mark.parametrize("limit", [0, 10 * MB + 1])
def test_below_the_quota_nothing_is_refused(
    course: Course, teacher: User, settings: Settings, limit: int
) -> None:
    settings.BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE = limit
    keep(course, teacher, size_bytes=10 * MB, days=0)

    assert ask(teacher, course).state == ExportState.QUEUED


@pytest.mark.usefixtures("fake_definition")
def test_other_workspaces_and_failed_exports_cost_nothing(
    course: Course, teacher: User, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE = MB
    other = factories.make_course()
    keep(other, factories.make_teacher(other), size_bytes=9 * MB, days=1)
    factories.make_export(course, teacher, state=ExportState.FAILED, size_bytes=9 * MB)

    assert ask(teacher, course).state == ExportState.QUEUED


@pytest.mark.usefixtures("fake_definition")
def test_the_quota_of_the_site_counts_all_and_what_is_expected(
    course: Course, teacher: User, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_KEPT_BYTES = 10 * MB
    earlier = factories.make_export(
        course,
        teacher,
        identifier=IDENTIFIER,
        state=ExportState.EXPIRED,
        size_bytes=11 * MB,
    )

    with pytest.raises(QuotaExceededError, match="larger than the limit") as caught:
        ask(teacher, course)

    assert caught.value.free_at is None
    earlier.delete()
    assert ask(teacher, course).state == ExportState.QUEUED


@pytest.mark.usefixtures("fake_definition")
def test_an_export_that_the_disk_has_no_room_for_is_not_begun(
    course: Course,
    teacher: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.BOOKBAG_FREE_BYTES_FLOOR = 5 * MB
    leave_free(monkeypatch, 5 * MB - 1)

    with pytest.raises(DiskFloorError) as caught:
        ask(teacher, course)

    assert str(caught.value) == (
        "Found 5.0 MB free on the server's disk, expected 0 bytes for this export "
        "and 5.0 MB that stay free"
    )
    assert Export.objects.count() == 0
    leave_free(monkeypatch, 5 * MB)
    assert ask(teacher, course).state == ExportState.QUEUED


@pytest.mark.django_db(transaction=True)
def test_one_that_runs_stops_cleanly_when_the_disk_runs_full(
    course: Course,
    teacher: User,
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill(context: ProductionContext) -> Product:
        context.staged.write_bytes(b"half of it")
        leave_free(monkeypatch, MB)
        context.on_progress(PROGRESS)
        return produce_content(context)

    with installed_definition(fill):
        export = factories.make_export(course, teacher, identifier=IDENTIFIER)
        run_job(ExportJobs(), export.pk)

    export.refresh_from_db()
    assert (export.state, export.failure_code) == ("failed", "export_disk_floor")
    assert "Found 1.0 MB free on the server's disk" in export.failure_sentence
    assert list(storage.iter_keys()) == []
