from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time

import pytest
import time_machine

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.schedules.services import Request, Timing, create_schedule

START = datetime(2027, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock of this test, which stands still until it is moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_schedule(course: Course, teacher: User) -> Callable[..., Schedule]:
    def make(
        rule: str = "FREQ=DAILY",
        *,
        options: Mapping[str, str] | None = None,
        first_day: date = date(2027, 1, 1),
        time_zone: str = "UTC",
        owner: User = teacher,
    ) -> Schedule:
        scope = ExportScope.of_course(course)
        request = Request(identifier="course-data", scope=scope, options=options or {})
        timing = Timing(
            rule=rule, first_day=first_day, clock_time=time(2), time_zone=time_zone
        )
        return create_schedule(owner=owner, request=request, timing=timing)

    return make
