"""The metrics say what the rows say, and cost the same at any number of rows."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.metrics import format_metrics
from bookbag.exports.models import MailMessage, PeriodicRun
from bookbag.exports.periodic import run_periodic
from bookbag.exports.states import ExportState, MailKind
from tests import factories


def read_metrics() -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(format_metrics().decode())
        for sample in family.samples
    }


@pytest.mark.usefixtures("db")
def test_a_site_without_exports_has_ages_of_nothing() -> None:
    assert read_metrics() == {
        ("bookbag_queue_age_seconds", ()): 0,
        ("bookbag_heartbeat_age_seconds", ()): 0,
    }


def test_exports_are_counted_and_summed(course: Course, teacher: User) -> None:
    now = timezone.now()
    for seconds in (10, 20):
        factories.make_export(
            course,
            teacher,
            state=ExportState.READY,
            size_bytes=1000,
            started_at=now,
            finished_at=now + timedelta(seconds=seconds),
        )
    factories.make_export(course, teacher, state=ExportState.FAILED)

    found = read_metrics()

    assert found["bookbag_exports", ("course-data", "ready")] == 2
    assert found["bookbag_exports", ("course-data", "failed")] == 1
    assert found["bookbag_export_duration_seconds_count", ("course-data",)] == 2
    assert found["bookbag_export_duration_seconds_sum", ("course-data",)] == 30
    assert found["bookbag_stored_bytes", ("course-data",)] == 2000


def test_what_waits_has_an_age(course: Course, teacher: User) -> None:
    now = timezone.now()
    factories.make_export(
        course,
        teacher,
        state=ExportState.QUEUED,
        requested_at=now - timedelta(seconds=90),
    )
    factories.make_export(
        course,
        teacher,
        state=ExportState.RUNNING,
        heartbeat_at=now - timedelta(seconds=5),
    )

    with time_machine.travel(now, tick=False):
        found = read_metrics()

    assert found["bookbag_queue_age_seconds", ()] == 90
    assert found["bookbag_heartbeat_age_seconds", ()] == 5


def test_mails_are_counted(course: Course, teacher: User) -> None:
    export = factories.make_export(course, teacher)
    MailMessage.objects.create(export=export, person=teacher, kind=MailKind.READY)

    assert read_metrics()["bookbag_mails", ("ready", "waiting")] == 1


@pytest.mark.usefixtures("db")
def test_a_periodic_task_that_fails_shows() -> None:
    def fail() -> None:
        message = "no room"
        raise OSError(message)

    run_periodic("sweep", lambda: 3)
    with pytest.raises(OSError, match="no room"):
        run_periodic("sweep", fail)

    run = PeriodicRun.objects.get()
    found = read_metrics()
    assert run.failure == "OSError: no room"
    assert run.finished_at is not None
    assert run.finished_at < run.started_at
    assert found["bookbag_periodic_task_failing", ("sweep",)] == 1
    assert ("bookbag_periodic_task_age_seconds", ("sweep",)) in found


def test_the_number_of_queries_does_not_grow(course: Course, teacher: User) -> None:
    with CaptureQueriesContext(
        connection,
    ) as one:
        format_metrics()
    for _ in range(20):
        factories.make_export(course, teacher)

    with CaptureQueriesContext(connection) as many:
        format_metrics()

    assert len(many) == len(one) <= 7
