"""Recurrence rules, read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbag.exports.errors import RuleError
from bookbag.exports.schedules.rules import parse_rule


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("FREQ=DAILY", "FREQ=DAILY"),
        (" rrule:freq=weekly;byday=mo,th ", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("COUNT=1;FREQ=DAILY;", "FREQ=DAILY;COUNT=1"),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=6,18", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=6,18"),
        ("FREQ=DAILY;UNTIL=20270131", "FREQ=DAILY;UNTIL=20270131"),
        ("FREQ=YEARLY;BYWEEKNO=-1;WKST=SU", "FREQ=YEARLY;BYWEEKNO=-1;WKST=SU"),
    ],
)
def test_a_rule_is_kept_as_calendars_write_it(text: str, kept: str) -> None:
    assert str(parse_rule(text)) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Found no FREQ, expected one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        (
            "FREQ=HOURLY",
            "Found FREQ=HOURLY, expected one of DAILY, WEEKLY, MONTHLY, YEARLY",
        ),
        ("FREQ=DAILY;FREQ=DAILY", "Found FREQ twice, expected it once"),
        ("FREQ=DAILY;BYHOUR=25", "Found BYHOUR=25, expected numbers from 0 to 23"),
        ("FREQ=DAILY;BYHOUR=", "Found BYHOUR=, expected numbers from 0 to 23"),
        ("FREQ=DAILY;BYMINUTE=0,30", "Found BYMINUTE=0,30, expected 0 to 59"),
        ("FREQ=DAILY;BYSECOND=1", "Found BYSECOND=1, expected 0 to 0"),
        ("FREQ=DAILY;INTERVAL=0", "Found INTERVAL=0, expected 1 to 1000"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "Found BYMONTHDAY=0, expected numbers from 1 to 31, or negative",
        ),
        ("FREQ=WEEKLY;BYDAY=XX", "Found BYDAY=XX, expected days such as MO,TH or -1FR"),
        (
            "FREQ=DAILY;COUNT=2;UNTIL=20270131",
            "Found COUNT and UNTIL, expected one of the two",
        ),
        (
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "Found BYMONTHDAY with FREQ=WEEKLY, expected another frequency",
        ),
        (
            "FREQ=WEEKLY;BYDAY=1MO",
            "Found numbered days, expected them with FREQ=MONTHLY or YEARLY only",
        ),
        (
            "FREQ=MONTHLY;BYSETPOS=1",
            "Found BYSETPOS alone, expected another part such as BYDAY beside it",
        ),
        ("FREQ=DAILY;BYEASTER=0", "Found 'BYEASTER', expected parts such as FREQ"),
        ("FREQ=DAILY\nRDATE:20270101", "Found FREQ=DAILY\nRDATE:20270101, expected"),
        ("FREQ=DAILY;UNTIL=20271301", "Found UNTIL=20271301, expected a day such as"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z0", "Found UNTIL=99991231T235959Z0"),
        ("X" * 501, "Found 501 characters, expected at most 500"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_part(
    text: str, message: str
) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(text)

    assert str(refused.value).startswith(message)


@given(st.text(alphabet="FREQDAILYBYSETPOS=;,0123456789-+MOTU:\n ", max_size=60))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    assert parse_rule(str(rule)) == rule
