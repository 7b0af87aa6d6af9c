"""Options of exports: what people may choose, checked before anything is made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from bookbag.formats.age_files import check_recipient

PSEUDONYMISE = "pseudonymise"
"""The option that names a purpose, and so leaves out who people are."""
IDENTITIES = "identities"
"""The option of archives that says what becomes of people who are named in files."""
IGNORE, REPORT, REPLACE = "ignore", "report", "replace"
CIRCLE = "circle"
"""The option of exports about one person that says whom the two above are about."""
EVERYBODY, SUBJECT = "everybody", "subject"
"""All people of the course or workspace, or only the one whom the export is about."""
ENCRYPT_TO = "encrypt_to"
"""The option of every export that names who alone can read its file."""
UNSPOKEN = (PSEUDONYMISE, IDENTITIES, CIRCLE, ENCRYPT_TO)
"""Options that an export keeps only where somebody chose them."""
RECIPIENT_LIMIT = 1000
PURPOSE_LIMIT = 60
PEOPLE_LIMIT = 500
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
_PURPOSE = re.compile(r"[\w][\w .-]*")
_BETWEEN_PEOPLE = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that whoever asks for an export may choose."""

    default: str
    expected: str
    """What it takes, in words for an error."""
    clean: Callable[[str], str]
    """Returns a value as it is kept, the same for equal choices, or raises
    ``ValueError``."""
    choices: tuple[str, ...] = ()
    """All values, where there are few of them."""


def choose_from(*values: str) -> Option:
    """Return an option that takes one of some words; the first is the default."""

    def clean(value: str) -> str:
        if value not in values:
            raise ValueError(value)
        return value

    return Option(
        default=values[0],
        expected=f"one of {', '.join(values)}",
        clean=clean,
        choices=values,
    )


def choose_purpose() -> Option:
    """Return an option that takes the name of a purpose, or nothing.

    Shape: in small letters, one blank between words.
    """

    def clean(value: str) -> str:
        name = " ".join(value.lower().split())
        if name and (len(name) > PURPOSE_LIMIT or not _PURPOSE.fullmatch(name)):
            raise ValueError(value)
        return name

    return Option(
        default="",
        expected=(
            f"a purpose of at most {PURPOSE_LIMIT} letters, digits, blanks, dots and "
            "dashes, or nothing"
        ),
        clean=clean,
    )


def choose_recipient() -> Option:
    """Return an option that takes a recipient of age, or nothing."""

    def clean(value: str) -> str:
        text = value.strip()
        if len(text) > RECIPIENT_LIMIT:
            raise ValueError(len(text))
        if text:
            check_recipient(text)
        return text

    return Option(
        default="",
        expected="a recipient of age (age1…) or a public SSH key, or nothing",
        clean=clean,
    )


def choose_day() -> Option:
    """Return an option that takes a day, or nothing."""

    def clean(value: str) -> str:
        text = value.strip()
        if not text:
            return ""
        day = date.fromisoformat(text)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValueError(value)
        return day.isoformat()

    return Option(default="", expected="a day like 2026-11-22, or nothing", clean=clean)


def choose_people() -> Option:
    """Return an option that takes user names and e-mail addresses; nobody is all.

    Shape: in small letters, sorted, separated by one blank.
    """

    def clean(value: str) -> str:
        names = {name for name in _BETWEEN_PEOPLE.split(value.lower()) if name}
        if len(names) > PEOPLE_LIMIT:
            raise ValueError(len(names))
        return " ".join(sorted(names))

    return Option(
        default="",
        expected=f"at most {PEOPLE_LIMIT} user names or e-mail addresses",
        clean=clean,
    )


def choose_zone() -> Option:
    """Return an option that takes the name of a time zone."""

    def clean(value: str) -> str:
        if value not in list_zones():
            raise ValueError(value)
        return value

    return Option(default="UTC", expected="a time zone like Europe/Berlin", clean=clean)


@cache
def list_zones() -> tuple[str, ...]:
    """Return the names of all time zones that people live in, and UTC, sorted."""
    return tuple(
        sorted(
            name
            for name in available_timezones()
            if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "posix")))
        )
    )
