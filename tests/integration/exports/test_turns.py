"""Exports are worked on in turn, within limits, and tables never wait for archives."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import Product, ProductionContext
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.turns import choose_export
from bookbag.jobs.turns import Places, work_in_turn
from tests import factories
from tests.fakes.definitions import IDENTIFIER, installed_definition, produce_content

EXPORTS = ExportJobs()
NOBODY = UUID(int=0)


class Asked:
    """Exports that were asked for, a second apart."""

    def __init__(self) -> None:
        self._at = timezone.now() - timedelta(hours=1)

    def ask(self, course: Course, identifier: str = "course-data") -> Export:
        self._at += timedelta(seconds=1)
        teacher = course.enrolments.get(role="Teacher").user
        return factories.make_export(
            course, teacher, identifier=identifier, requested_at=self._at
        )


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def other(db: None) -> Course:
    other = factories.make_course("EN202")
    factories.make_teacher(other)
    return other


def start(export: Export) -> None:
    assert EXPORTS.claim(export.pk, "worker") is not None


def take_next(*, only_quick: bool = False) -> UUID | None:
    """Choose and claim the next export, as a worker does."""
    chosen = choose_export(only_quick=only_quick)
    if chosen is not None:
        assert EXPORTS.claim(chosen, "worker") is not None
    return chosen


@pytest.mark.usefixtures("teacher")
def test_a_workspace_that_asks_for_much_waits_for_itself(
    course: Course, other: Course, asked: Asked
) -> None:
    many = [asked.ask(course) for _ in range(4)]
    few = [asked.ask(other) for _ in range(2)]

    taken = [take_next() for _ in range(7)]

    assert taken == [
        *(many[0].pk, few[0].pk, many[1].pk, few[1].pk),
        *(many[2].pk, many[3].pk, None),
    ]


@pytest.mark.usefixtures("teacher")
def test_a_workspace_at_its_limit_waits_and_others_go_on(
    course: Course, other: Course, asked: Asked, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_RUNNING_PER_WORKSPACE = 1
    first, second, third = asked.ask(course), asked.ask(course), asked.ask(other)

    assert [take_next(), take_next(), take_next()] == [first.pk, third.pk, None]
    assert EXPORTS.claim(second.pk, "worker") is None
    Export.objects.filter(pk=first.pk).update(state=ExportState.FAILED)
    assert take_next() == second.pk


@pytest.mark.usefixtures("teacher")
def test_the_limit_of_the_site_counts_all_workspaces(
    course: Course, other: Course, asked: Asked, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_RUNNING = 1
    first, second = asked.ask(course), asked.ask(other)

    assert [take_next(), take_next()] == [first.pk, None]
    assert EXPORTS.claim(second.pk, "worker") is None


@pytest.mark.usefixtures("teacher")
def test_tables_wait_for_no_archive(
    course: Course, asked: Asked, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_RUNNING = 1
    start(asked.ask(course))
    archive, table = asked.ask(course), asked.ask(course, "user-access")

    assert choose_export(only_quick=True) == table.pk
    assert take_next() == table.pk
    assert take_next() is None
    assert EXPORTS.claim(archive.pk, "worker") is None


@pytest.mark.usefixtures("teacher")
def test_what_a_killed_worker_left_comes_first_and_has_its_place(
    course: Course, asked: Asked, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_RUNNING_PER_WORKSPACE = 1
    asked.ask(course)
    left = asked.ask(course)
    start(left)
    Export.objects.filter(pk=left.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )

    assert take_next() == left.pk


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_both_take_the_last_place(
    course: Course, teacher: User, asked: Asked, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_RUNNING_PER_WORKSPACE = 1
    exports = [asked.ask(course) for _ in range(8)]
    ready = threading.Barrier(len(exports))
    claimed: list[bool] = []

    def claim(export: Export) -> None:
        ready.wait()
        try:
            claimed.append(EXPORTS.claim(export.pk, "worker") is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[export]) for export in exports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_one_wake_up_works_through_everything_that_waits(
    course: Course, teacher: User, asked: Asked
) -> None:
    places = Places(1)
    with installed_definition():
        exports = [asked.ask(course, IDENTIFIER) for _ in range(3)]

        work_in_turn([EXPORTS], places, woken_for=("export", exports[2].pk))

    assert {e.state for e in Export.objects.all()} == {"ready"}
    assert places.take()


@pytest.mark.django_db(transaction=True)
def test_a_thread_without_a_place_takes_tables_only(
    course: Course, teacher: User, asked: Asked
) -> None:
    places = Places(1)
    assert places.take()
    archive = asked.ask(course)
    with installed_definition(sends_mail=False):
        table = asked.ask(course, IDENTIFIER)

        work_in_turn([EXPORTS], places, woken_for=("export", archive.pk))

    states = dict(Export.objects.values_list("pk", "state"))
    assert states == {archive.pk: "queued", table.pk: "ready"}


@pytest.mark.django_db(transaction=True)
def test_a_table_leaves_the_place_to_an_archive(
    course: Course, teacher: User, asked: Asked
) -> None:
    places = Places(1)
    seen: list[bool] = []

    def look(context: ProductionContext) -> Product:
        seen.append(places.take())
        places.give_back()
        return produce_content(context)

    with installed_definition(look, sends_mail=False):
        asked.ask(course, IDENTIFIER)
        work_in_turn([EXPORTS], places, woken_for=("export", NOBODY))

    assert seen == [True]
