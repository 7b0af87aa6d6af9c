"""Recurrence rules as calendars write them, read strictly.

A rule comes from a person or a program, and whatever is not understood would run at
another time than they meant. So every part is checked, and what the specification
forbids is refused with the part that is wrong.

Rules are of days and more: nothing runs more often than once in an hour.

Source: RFC 5545, sections 3.3.10 and 3.8.5.3; ADR 0097.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bookbag.exports.errors import RuleError

RULE_CHARACTERS = 500
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_NUMBERS = {
    "INTERVAL": (1, 1000),
    "COUNT": (1, 10_000),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 0),
}
"""Parts that hold one number: the least and the largest."""
_LISTS = {"BYHOUR": (0, 23), "BYMONTH": (1, 12)}
"""Parts that hold numbers with commas between them."""
_SIGNED_LISTS = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
"""The same, counted from the end when negative."""
_OTHER_PARTS = ("FREQ", "UNTIL", "BYDAY", "WKST")
_KNOWN_PARTS = (*_NUMBERS, *_LISTS, *_SIGNED_LISTS, *_OTHER_PARTS)
_MISPLACED = {
    "BYMONTHDAY": ("DAILY", "WEEKLY"),
    "BYSETPOS": ("DAILY", "WEEKLY"),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
}
"""Parts with the frequencies that they are refused with.

The specification forbids most of them. Day by day or week by week the others could be
looked for, in vain, for thousands of years, which takes seconds; by month they cannot.
"""
_DAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_INTEGER = re.compile(r"[+-]?\d{1,5}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule that was checked."""

    parts: tuple[tuple[str, str], ...]
    """Names with values, the frequency first."""

    def __str__(self) -> str:
        return ";".join(f"{name}={value}" for name, value in self.parts)

    def get(self, name: str) -> str | None:
        """Return the value of a part, or None when the rule has none."""
        return dict(self.parts).get(name)

    def without(self, *names: str) -> "Rule":
        """Return the rule without some of its parts."""
        return Rule(tuple(part for part in self.parts if part[0] not in names))

    def find_end(self, zone: ZoneInfo) -> datetime | None:
        """Return the last moment of the rule on the clock of a zone, without zone."""
        until = self.get("UNTIL")
        return None if until is None else _read_until(until, zone)


def parse_rule(text: str) -> Rule:
    """Return the rule that a text holds.

    Args:
        text: Like ``FREQ=WEEKLY;BYDAY=MO,TH``, also with ``RRULE:`` before it.

    Raises:
        RuleError: If a part is unknown, wrong, double, or forbidden beside another.
    """
    if len(text) > RULE_CHARACTERS:
        message = f"Found {len(text)} characters, expected at most {RULE_CHARACTERS}"
        raise RuleError(message)
    line = text.strip().upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for piece in filter(None, line.split(";")):
        name, _, value = piece.partition("=")
        if name in parts:
            message = f"Found {name} twice, expected it once"
            raise RuleError(message)
        _check_part(name, value)
        parts[name] = value
    if "FREQ" not in parts:
        message = f"Found no FREQ, expected one of {', '.join(FREQUENCIES)}"
        raise RuleError(message)
    _check_together(parts)
    ordered = {"FREQ": parts.pop("FREQ"), **parts}
    return Rule(tuple(ordered.items()))


def _check_part(name: str, value: str) -> None:
    if name not in _KNOWN_PARTS:
        message = f"Found {name[:40]!r}, expected parts such as FREQ and BYDAY"
        raise RuleError(message)
    if name in _NUMBERS:
        least, most = _NUMBERS[name]
        _check(name, value, _is_number(value, least, most), f"{least} to {most}")
    elif name in _LISTS:
        least, most = _LISTS[name]
        fits = all(_is_number(one, least, most) for one in value.split(","))
        _check(name, value, fits, f"numbers from {least} to {most}")
    elif name in _SIGNED_LISTS:
        most = _SIGNED_LISTS[name]
        fits = all(_is_number(one, -most, most, zero=False) for one in value.split(","))
        _check(name, value, fits, f"numbers from 1 to {most}, or negative")
    elif name == "FREQ":
        _check(name, value, value in FREQUENCIES, f"one of {', '.join(FREQUENCIES)}")
    elif name == "WKST":
        _check(name, value, value in WEEKDAYS, f"one of {', '.join(WEEKDAYS)}")
    elif name == "BYDAY":
        fits = all(_is_day(one) for one in value.split(","))
        _check(name, value, fits, "days such as MO,TH or -1FR")
    else:
        _read_until(value, ZoneInfo("UTC"))


def _check(name: str, value: str, fits: bool, expected: str) -> None:
    if not fits:
        message = f"Found {name}={value[:40]}, expected {expected}"
        raise RuleError(message)


def _is_number(text: str, least: int, most: int, *, zero: bool = True) -> bool:
    if not (text.isascii() and _INTEGER.fullmatch(text)):
        return False
    return least <= int(text) <= most and (zero or int(text) != 0)


def _is_day(text: str) -> bool:
    found = _DAY.fullmatch(text)
    return found is not None and (
        found[1] is None or _is_number(found[1], -53, 53, zero=False)
    )


def _check_together(parts: dict[str, str]) -> None:
    frequency = parts["FREQ"]
    if "COUNT" in parts and "UNTIL" in parts:
        message = "Found COUNT and UNTIL, expected one of the two"
        raise RuleError(message)
    for name, forbidden in _MISPLACED.items():
        if name in parts and frequency in forbidden:
            message = f"Found {name} with FREQ={frequency}, expected another frequency"
            raise RuleError(message)
    has_numbers = any(character.isdigit() for character in parts.get("BYDAY", ""))
    if has_numbers and (frequency in ("DAILY", "WEEKLY") or "BYWEEKNO" in parts):
        message = "Found numbered days, expected them with FREQ=MONTHLY or YEARLY only"
        raise RuleError(message)
    is_alone = not any(n.startswith("BY") and n != "BYSETPOS" for n in parts)
    if "BYSETPOS" in parts and is_alone:
        message = "Found BYSETPOS alone, expected another part such as BYDAY beside it"
        raise RuleError(message)


def _read_until(value: str, zone: ZoneInfo) -> datetime:
    found = _UNTIL.fullmatch(value)
    try:
        until = None if found is None else _read_moment(*found.groups(), zone=zone)
    except (ValueError, OverflowError):
        until = None
    if until is None:
        message = (
            f"Found UNTIL={value[:40]}, expected a day such as 20270131 or a moment "
            "such as 20270131T220000Z"
        )
        raise RuleError(message)
    return until


def _read_moment(
    day: str, clock: str | None, is_utc: str | None, *, zone: ZoneInfo
) -> datetime:
    moment = datetime.strptime(f"{day}{clock or '235959'}", "%Y%m%d%H%M%S").replace(
        tzinfo=UTC
    )
    local = moment.astimezone(zone) if is_utc else moment
    return local.replace(tzinfo=None)
