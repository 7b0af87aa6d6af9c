"""Rules in the words of people: the usual ones, without knowing RRULE."""

import enum
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookbag.exports.schedules.rules import WEEKDAYS, Rule

WORKDAYS = WEEKDAYS[:5]
DAY_NAMES = {
    "MO": gettext_lazy("Monday"),
    "TU": gettext_lazy("Tuesday"),
    "WE": gettext_lazy("Wednesday"),
    "TH": gettext_lazy("Thursday"),
    "FR": gettext_lazy("Friday"),
    "SA": gettext_lazy("Saturday"),
    "SU": gettext_lazy("Sunday"),
}


class Repeat(enum.StrEnum):
    """How often, as people choose it."""

    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A rule as people choose it."""

    repeat: Repeat
    days: tuple[str, ...] = ()
    """The days of the week, when it repeats weekly."""
    until: date | None = None
    """The last day, that day included."""


def make_rule(choice: Choice) -> str:
    """Return the rule of a choice, for all but ``Repeat.RULE``."""
    if choice.repeat is Repeat.ONCE:
        return "FREQ=DAILY;COUNT=1"
    end = "" if choice.until is None else f";UNTIL={choice.until:%Y%m%d}"
    if choice.repeat is Repeat.DAILY:
        return f"FREQ=DAILY{end}"
    days = ",".join(day for day in WEEKDAYS if day in choice.days)
    return f"FREQ=WEEKLY;BYDAY={days}{end}"


def read_choice(rule: Rule) -> Choice:
    """Return a rule as people would have chosen it, or ``Repeat.RULE``."""
    parts = dict(rule.parts)
    until = _read_day(parts.pop("UNTIL", ""))
    days = tuple(parts.pop("BYDAY", "").split(","))
    if parts == {"FREQ": "WEEKLY"} and set(days) <= set(WEEKDAYS):
        choice = Choice(repeat=Repeat.WEEKLY, days=days, until=until)
    elif parts == {"FREQ": "DAILY"}:
        choice = Choice(repeat=Repeat.DAILY, until=until)
    else:
        choice = Choice(repeat=Repeat.ONCE)
    # A rule that would not come back the same is shown as it is.
    is_usual = make_rule(choice) == str(rule)
    return choice if is_usual else Choice(repeat=Repeat.RULE)


def describe_rule(rule: Rule) -> str:
    """Say how often a rule runs, or give the rule where words would be too long."""
    choice = read_choice(rule)
    if choice.repeat is Repeat.RULE:
        return str(rule)
    if choice.repeat is Repeat.ONCE:
        return _("Once")
    if choice.repeat is Repeat.DAILY:
        words = _("Every day")
    elif choice.days == WORKDAYS:
        words = _("Monday to Friday")
    else:
        names = [str(DAY_NAMES[day]) for day in choice.days]
        words = _("Every %(days)s") % {"days": ", ".join(names)}
    if choice.until is None:
        return words
    last = date_format(choice.until, "j M Y")
    return _("%(often)s until %(last)s") % {"often": words, "last": last}


def _read_day(text: str) -> date | None:
    if len(text) != len("20270131"):
        return None
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
