"""Times as the clocks of a zone show them, with the offset of that day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from bagkit.tables.times import format_times, parse_times

HALF_HOURS = [
    datetime(2026, month, day, tzinfo=UTC) + timedelta(minutes=30 * number)
    for month, day in ((3, 29), (10, 25), (1, 1), (4, 5), (10, 4), (11, 1))
    for number in range(60)
]


def write(moments: Sequence[datetime | None], zone: str) -> list[str]:
    texts: list[str] = format_times(
        pa.array(moments, pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))
    ).to_pylist()
    return texts


def test_they_are_what_people_read_on_the_wall() -> None:
    moments = [
        datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=UTC),
        datetime(2026, 12, 1, 12, tzinfo=UTC),
        None,
    ]

    assert write(moments, "Europe/Berlin") == [
        "2026-07-01T14:00:00.000005+02:00",
        "2026-12-01T13:00:00.000000+01:00",
        None,
    ]


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Monrovia"],
)
def test_every_half_hour_around_a_change_is_what_python_says(zone: str) -> None:
    texts = write(HALF_HOURS, zone)

    assert texts == [
        moment.astimezone(ZoneInfo(zone)).isoformat(timespec="microseconds")
        for moment in HALF_HOURS
    ]
    assert parse_times(pa.array(texts)).to_pylist() == HALF_HOURS
