"""Lists of exports stay as quick when there are many."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.selectors import list_course_exports, list_own_exports
from bookbag.exports.states import ExportState
from tests import factories

pytestmark = pytest.mark.django_db


def count_queries(listed: Callable[[], list[Export]]) -> tuple[int, int]:
    """Return how many exports a list has, and how many questions it asked."""
    with CaptureQueriesContext(connection) as queries:
        found = len(listed())
    return found, len(queries)


def test_a_course_s_list_asks_no_more_questions_for_more_exports() -> None:
    course = factories.make_course()
    teacher = factories.make_teacher(course)

    def make(count: int) -> None:
        for _number in range(count):
            factories.make_export(course, teacher, state=ExportState.READY)

    def listed() -> list[Export]:
        return list_course_exports(teacher, course)

    make(2)
    few = count_queries(listed)
    make(10)

    assert count_queries(listed) == (12, few[1])


def test_one_s_own_list_asks_no_more_questions_for_more_exports() -> None:
    course = factories.make_course()
    person = factories.make_member(course.workspace)

    few = count_own(course, person, more=2)
    many = count_own(course, person, more=10)

    assert (few[0], many) == (2, (12, few[1]))


def count_own(course: Course, person: User, *, more: int) -> tuple[int, int]:
    for _number in range(more):
        factories.make_export(
            course,
            person,
            state=ExportState.READY,
            identifier="my-data",
            subject=person,
        )
    Export.objects.update(course=None)
    return count_queries(lambda: list_own_exports(person))
