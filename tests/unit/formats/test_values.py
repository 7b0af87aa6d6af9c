"""Times and addresses that somebody else wrote, as a database can hold them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bookbag.formats.values import parse_ip_address, parse_moment
from tests.property.fuzzed import fuzzing


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T13:05:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-13-22T13:05:00+00:00",
        "",
    ],
)
def test_a_time_that_utc_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%", "10.0.0.0/8", "1.2.3", ""])
def test_what_is_no_address_alone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_ip_address(text)


def test_times_and_addresses_are_returned_as_they_are_kept() -> None:
    assert parse_moment("2026-11-22T13:05+01:00").isoformat() == (
        "2026-11-22T13:05:00+01:00"
    )
    assert parse_ip_address("2001:DB8::0:1") == "2001:db8::1"


@given(text=st.text(max_size=40) | st.datetimes(timezones=st.timezones()).map(str))
@example("9" * 5_000)
@fuzzing
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_moment, parse_ip_address):
        try:
            parse(text)
        except ValueError:
            continue
