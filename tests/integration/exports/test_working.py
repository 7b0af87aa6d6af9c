import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from bagkit.archive import Progress
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READ_CHANGED,
    READING,
    Product,
    ProductionContext,
)
from bookbag.exports.errors import PermanentExportError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from bookbag.jobs.working import run_job, take_over_stalled
from tests import factories
from tests.fakes.definitions import (
    CONTENT,
    IDENTIFIER,
    installed_definition,
    produce_content,
)

EXPORTS = ExportJobs()
PROGRESS = Progress(
    phase="packing", members_done=1, members_total=2, bytes_done=10, bytes_total=20
)

# The lease keeper writes from a thread of its own, so nothing may be in a test's
# transaction.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def export(course: Course, teacher: User) -> Export:
    return factories.make_export(course, teacher, identifier=IDENTIFIER)


@pytest.mark.usefixtures("fake_definition")
def test_a_job_ends_ready_with_its_file(export: Export, storage: LocalStorage) -> None:
    run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.READY
    assert export.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert export.expires_at is not None
    assert export.expires_at - export.finished_at == timedelta(days=7)  # type: ignore[operator]
    assert list(storage.iter_keys()) == [export.storage_key]
    with storage.open_file(export.storage_key) as file:
        assert file.read() == CONTENT
    assert export.receipt.expected == 4


@pytest.mark.usefixtures("fake_definition")
def test_a_finished_job_makes_one_mail_due_for_each_requester(
    course: Course, export: Export
) -> None:
    colleague = factories.make_teacher(course)
    export.requesters.create(person=colleague)

    run_job(EXPORTS, export.pk)
    run_job(EXPORTS, export.pk)

    assert MailMessage.objects.count() == 2
    assert set(MailMessage.objects.values_list("kind", flat=True)) == {"ready"}


def test_a_quick_export_sends_no_mail(export: Export) -> None:
    with installed_definition(sends_mail=False):
        run_job(EXPORTS, export.pk)

    assert not MailMessage.objects.exists()


@pytest.mark.parametrize("reading", [READ_CHANGED, READ_ALL])
def test_an_earlier_file_is_reused_unless_all_is_to_be_read(
    course: Course, teacher: User, reading: str
) -> None:
    seen: list[bool] = []

    def look(context: ProductionContext) -> Product:
        seen.append(context.earlier.reuse is not None)
        return produce_content(context)

    with installed_definition(look):
        for _number in range(2):
            export = factories.make_export(
                course, teacher, identifier=IDENTIFIER, options={READING: reading}
            )
            run_job(EXPORTS, export.pk)

    assert seen == [False, reading == READ_CHANGED]


def test_a_stored_file_that_differs_is_not_ready(
    export: Export, storage: LocalStorage
) -> None:
    def lie(context: ProductionContext) -> Product:
        product = produce_content(context)
        context.staged.write_bytes(CONTENT[::-1])
        return product

    with installed_definition(lie):
        run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    assert "Found 20 stored bytes, expected 20" in export.failure_sentence
    assert list(storage.iter_keys()) == []
    assert not MailMessage.objects.exists()


def test_a_permanent_error_fails_at_once(export: Export) -> None:
    def fail(_context: ProductionContext) -> Product:
        message = "Found 3 TB, expected at most 1 TB"
        raise PermanentExportError(message)

    with installed_definition(fail):
        run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert export.failure_code == "export_failed"
    assert export.failure_sentence == "Found 3 TB, expected at most 1 TB"
    assert MailMessage.objects.get().kind == "failed"


def test_another_error_is_tried_again_and_then_given_up(
    export: Export, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_ATTEMPTS = 3

    def fail(_context: ProductionContext) -> Product:
        message = "the disk is full"
        raise OSError(message)

    with installed_definition(fail):
        for _attempt in range(3):
            make_claimable(export)
            run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert export.attempt == 3
    assert "the disk is full" in export.failure_sentence


def test_a_job_whose_requesters_lost_their_right_fails(export: Export) -> None:
    Enrolment.objects.update(removed_at=timezone.now())

    with installed_definition():
        run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.failure_code == "export_right_ended"


def test_only_one_of_two_workers_gets_an_export(export: Export) -> None:
    assert EXPORTS.claim(export.pk, "one") is not None
    assert EXPORTS.claim(export.pk, "two") is None


def test_a_stalled_export_is_taken_over_with_the_same_snapshot(export: Export) -> None:
    first = EXPORTS.claim(export.pk, "one")
    make_claimable(export)
    second = EXPORTS.claim(export.pk, "two")

    assert first is not None
    assert second is not None
    assert second.attempt == first.attempt + 1
    assert second.job.snapshot_at == first.job.snapshot_at
    assert [e.kind for e in export.events.all()] == ["claimed", "taken-over"]


def test_a_worker_that_wakes_after_its_lease_changes_nothing(export: Export) -> None:
    first = EXPORTS.claim(export.pk, "one")
    make_claimable(export)
    EXPORTS.claim(export.pk, "two")

    assert first is not None
    changes: dict[str, object] = {"failure_code": "late"}
    assert not step_export(first.job, ExportState.FAILED, changes=changes)
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING


@pytest.mark.usefixtures("fake_definition")
def test_the_takeover_wakes_a_worker_once_for_a_stalled_export(
    export: Export, woken: list[str]
) -> None:
    EXPORTS.claim(export.pk, "one")
    make_claimable(export)

    assert take_over_stalled(EXPORTS) == 1
    assert take_over_stalled(EXPORTS) == 0
    assert woken == [str(export.pk)]


def test_a_cancelled_job_stops_and_leaves_nothing(
    export: Export, storage: LocalStorage
) -> None:
    def wait_for_cancel(context: ProductionContext) -> Product:
        Export.objects.update(cancel_requested_at=timezone.now())
        return report_until_stopped(context)

    with installed_definition(wait_for_cancel):
        run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert list(storage.iter_keys()) == []
    assert not MailMessage.objects.exists()


def test_a_job_that_was_taken_over_publishes_nothing(
    export: Export, storage: LocalStorage
) -> None:
    def lose_lease(context: ProductionContext) -> Product:
        product = produce_content(context)
        make_claimable(export)
        EXPORTS.claim(export.pk, "another")
        return product

    with installed_definition(lose_lease):
        run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert (export.state, export.attempt) == (ExportState.RUNNING, 2)
    assert list(storage.iter_keys()) == []


def make_claimable(export: Export) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
        lease_expires_at=long_ago, woken_at=long_ago
    )


def report_until_stopped(context: ProductionContext) -> Product:
    from_now = timezone.now() + timedelta(seconds=20)
    context.staged.write_bytes(b"half")
    while timezone.now() < from_now:
        context.on_progress(PROGRESS)
    message = "nobody stopped the job"
    raise AssertionError(message)
