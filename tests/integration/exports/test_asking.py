import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks as CaptureOnCommit
from pytest_django import Settings

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.errors import (
    DefinitionNotFoundError,
    OptionsError,
    PermissionRefusedError,
    ScopeError,
    TransitionError,
)
from bookbag.exports.models import Export
from bookbag.exports.services import cancel_export, request_export
from bookbag.exports.states import ExportState
from tests import factories
from tests.fakes.definitions import IDENTIFIER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_definition")]


def ask(person: User, course: Course, **options: str) -> Export:
    return request_export(
        person=person,
        identifier=IDENTIFIER,
        scope=ExportScope.of_course(course),
        options=options,
    )


def test_an_export_that_is_asked_for_waits_and_wakes_a_worker(
    course: Course,
    teacher: User,
    woken: list[str],
    django_capture_on_commit_callbacks: CaptureOnCommit,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        export = ask(teacher, course)

    assert export.state == ExportState.QUEUED
    assert export.options == {"dialect": "csv", "reading": "changed"}
    assert woken == [str(export.pk)]


def test_asking_twice_joins(course: Course, teacher: User) -> None:
    colleague = factories.make_teacher(course)

    first = ask(teacher, course)
    second = ask(colleague, course)

    assert second.pk == first.pk
    people = first.requesters.values_list("person", flat=True)
    assert set(people) == {teacher.pk, colleague.pk}
    assert [event.kind for event in first.events.all()] == ["requested", "joined"]


def test_other_options_are_another_export(course: Course, teacher: User) -> None:
    assert ask(teacher, course).pk != ask(teacher, course, dialect="csv-exact").pk


def test_a_finished_export_is_not_joined(course: Course, teacher: User) -> None:
    first = ask(teacher, course)
    cancel_export(person=teacher, export=first)

    assert ask(teacher, course).pk != first.pk


def test_a_queue_that_is_away_loses_nothing(
    course: Course,
    teacher: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: CaptureOnCommit,
) -> None:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.refuse_wake_up"

    with django_capture_on_commit_callbacks(execute=True):
        export = ask(teacher, course)

    assert Export.objects.get().state == ExportState.QUEUED
    assert f"No wake-up was sent for export {export.pk}" in caplog.text


def test_a_student_is_refused(course: Course) -> None:
    student = factories.enrol(course)

    with pytest.raises(PermissionRefusedError) as caught:
        ask(student, course)

    assert str(caught.value) == "The person has no right to this export."
    assert not Export.objects.exists()


def test_a_removed_teacher_is_refused(course: Course, teacher: User) -> None:
    Enrolment.objects.update(removed_at=course.created_at)

    with pytest.raises(PermissionRefusedError):
        ask(teacher, course)


def test_an_unknown_export_is_named(course: Course, teacher: User) -> None:
    with pytest.raises(DefinitionNotFoundError, match="'no-such-data'"):
        request_export(
            person=teacher,
            identifier="no-such-data",
            scope=ExportScope.of_course(course),
        )


def test_a_scope_of_another_kind_is_refused(course: Course, teacher: User) -> None:
    with pytest.raises(ScopeError) as caught:
        request_export(
            person=teacher,
            identifier=IDENTIFIER,
            scope=ExportScope(workspace=course.workspace),
        )

    assert str(caught.value) == "Found a workspace, expected a course: 'fake-data'"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed": "fast"}, "Found option 'speed', which fake-data has not"),
        (
            {"dialect": "ods"},
            "Found 'ods', expected one of csv, csv-exact: option 'dialect'",
        ),
    ],
)
def test_a_wrong_option_is_named(
    course: Course, teacher: User, options: dict[str, str], message: str
) -> None:
    with pytest.raises(OptionsError) as caught:
        ask(teacher, course, **options)

    assert str(caught.value) == message


def test_a_waiting_export_is_cancelled_at_once(course: Course, teacher: User) -> None:
    export = ask(teacher, course)

    cancel_export(person=teacher, export=export)

    assert export.state == ExportState.CANCELLED
    assert export.events.last().person == teacher  # type: ignore[union-attr]


def test_a_running_export_is_asked_to_stop(course: Course, teacher: User) -> None:
    export = factories.make_export(course, teacher, state=ExportState.RUNNING)

    cancel_export(person=teacher, export=export)

    assert export.state == ExportState.RUNNING
    assert export.cancel_requested_at is not None


def test_a_ready_export_cannot_be_cancelled(course: Course, teacher: User) -> None:
    export = factories.make_export(course, teacher, state=ExportState.READY)

    with pytest.raises(TransitionError, match="is ready, which cannot become"):
        cancel_export(person=teacher, export=export)
