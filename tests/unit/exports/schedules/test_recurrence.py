"""When schedules run, above all in the nights in which clocks are set."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bookbag.exports.schedules.recurrence import Recurrence
from bookbag.exports.schedules.rules import parse_rule

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def make(rule: str, starts_at: str, zone: str = BERLIN) -> Recurrence:
    return Recurrence(
        rule=parse_rule(rule),
        starts_at=datetime.fromisoformat(starts_at),
        zone=ZoneInfo(zone),
    )


def list_runs(recurrence: Recurrence, after: str, limit: int = 3) -> list[str]:
    """Return runs as the zone's people read them, with the offset."""
    runs = recurrence.list_runs(datetime.fromisoformat(after), limit)
    assert all(run.tzinfo is UTC for run in runs)
    return [run.astimezone(recurrence.zone).isoformat() for run in runs]


@pytest.mark.parametrize(
    ("zone", "clock", "after", "expected"),
    [
        # The clock jumps over 02:30 on 28 March in Berlin, on 14 March in New York.
        (
            BERLIN,
            "02:30",
            "2027-03-26T12:00Z",
            [
                "2027-03-27T02:30:00+01:00",
                "2027-03-28T03:30:00+02:00",
                "2027-03-29T02:30:00+02:00",
            ],
        ),
        (
            NEW_YORK,
            "02:30",
            "2027-03-12T12:00Z",
            [
                "2027-03-13T02:30:00-05:00",
                "2027-03-14T03:30:00-04:00",
                "2027-03-15T02:30:00-04:00",
            ],
        ),
        # 02:30 comes twice on 31 October in Berlin, 01:30 on 7 November in New York.
        (
            BERLIN,
            "02:30",
            "2027-10-29T12:00Z",
            [
                "2027-10-30T02:30:00+02:00",
                "2027-10-31T02:30:00+02:00",
                "2027-11-01T02:30:00+01:00",
            ],
        ),
        (
            NEW_YORK,
            "01:30",
            "2027-11-05T12:00Z",
            [
                "2027-11-06T01:30:00-04:00",
                "2027-11-07T01:30:00-04:00",
                "2027-11-08T01:30:00-05:00",
            ],
        ),
    ],
)
def test_every_night_has_one_run_also_when_clocks_are_set(
    zone: str, clock: str, after: str, expected: list[str]
) -> None:
    nightly = make("FREQ=DAILY", f"2027-01-01T{clock}", zone)

    assert list_runs(nightly, after) == expected


@pytest.mark.parametrize(
    ("zone", "first", "second", "after", "expected"),
    [
        (BERLIN, 2, 3, "2027-03-27T12:00Z", "2027-03-28T01:30:00+00:00"),
        (NEW_YORK, 2, 3, "2027-03-13T12:00Z", "2027-03-14T07:30:00+00:00"),
    ],
)
def test_two_times_that_become_the_same_moment_are_one_run(
    zone: str, first: int, second: int, after: str, expected: str
) -> None:
    twice = make(f"FREQ=DAILY;BYHOUR={first},{second}", "2027-01-01T00:30", zone)

    runs = twice.list_runs(datetime.fromisoformat(after), 3)

    # One run in the night of the jump, then two again in the next.
    assert runs[0].isoformat() == expected
    assert [(run - runs[0]).total_seconds() / 3600 for run in runs[1:]] == [23, 24]


def test_the_second_coming_of_an_hour_is_no_run_of_its_own() -> None:
    nightly = make("FREQ=DAILY", "2027-01-01T02:30")
    first, second = "2027-10-31T00:30:00+00:00", "2027-10-31T01:30:00+00:00"

    assert first in [
        run.isoformat()
        for run in nightly.list_runs(datetime(2027, 10, 30, 12, tzinfo=UTC), 2)
    ]
    assert second not in [
        run.isoformat() for run in nightly.list_runs(datetime.fromisoformat(first), 2)
    ]


def test_every_night_of_a_term_ends_with_its_last_day() -> None:
    term = make("FREQ=DAILY;UNTIL=20270103", "2027-01-01T23:00")

    assert list_runs(term, "2026-12-01T00:00Z", 9) == [
        "2027-01-01T23:00:00+01:00",
        "2027-01-02T23:00:00+01:00",
        "2027-01-03T23:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("until", "count"), [("20270103T213000Z", 2), ("20270103T220000Z", 3)]
)
def test_an_end_in_utc_is_read_by_the_clock_of_the_zone(until: str, count: int) -> None:
    term = make(f"FREQ=DAILY;UNTIL={until}", "2027-01-01T23:00")

    assert len(list_runs(term, "2026-12-01T00:00Z", 9)) == count


def test_once_after_a_date_is_one_run() -> None:
    once = make("FREQ=DAILY;COUNT=1", "2027-06-30T18:00")

    assert list_runs(once, "2027-01-01T00:00Z") == ["2027-06-30T18:00:00+02:00"]
    assert list_runs(once, "2027-06-30T16:00Z") == []


def test_a_count_counts_from_the_start_and_not_from_now() -> None:
    thrice = make("FREQ=WEEKLY;COUNT=3", "2027-01-04T08:00")

    assert list_runs(thrice, "2027-01-12T00:00Z") == ["2027-01-18T08:00:00+01:00"]


def test_every_second_week_keeps_its_rhythm() -> None:
    weekly = make("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2027-01-04T08:00")

    assert list_runs(weekly, "2027-01-08T12:00Z") == [
        "2027-01-18T08:00:00+01:00",
        "2027-01-22T08:00:00+01:00",
        "2027-02-01T08:00:00+01:00",
    ]


def test_the_runs_that_were_missed_are_those_up_to_now() -> None:
    nightly = make("FREQ=DAILY", "2027-01-01T02:00")
    since = datetime(2027, 1, 10, 1, tzinfo=UTC)

    missed = nightly.list_missed(since, datetime(2027, 1, 13, 1, tzinfo=UTC))

    assert [run.day for run in missed] == [11, 12, 13]


def test_a_rule_without_any_day_has_no_run() -> None:
    never = make("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2027-01-01T02:00")

    assert list_runs(never, "2027-01-01T00:00Z") == []
