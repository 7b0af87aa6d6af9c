"""The form of a schedule: what to choose of the export, and when it runs."""

from collections.abc import Mapping
from datetime import date, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookbag.exports.catalogue.options import Option, list_zones
from bookbag.exports.errors import RuleError
from bookbag.exports.schedules.models import Schedule
from bookbag.exports.schedules.rules import RULE_CHARACTERS, parse_rule
from bookbag.exports.schedules.services import Timing
from bookbag.exports.schedules.wording import (
    DAY_NAMES,
    Choice,
    Repeat,
    make_rule,
    read_choice,
)
from bookbag.web.option_forms import OptionsForm

REPEATS = (
    (Repeat.DAILY, _("Every day")),
    (Repeat.WEEKLY, _("On days of the week")),
    (Repeat.ONCE, _("Once")),
    (Repeat.RULE, _("By a rule (RRULE)")),
)
NIGHT = time(2)
"""When an export is proposed to run: while nobody works."""


class ScheduleForm(OptionsForm):
    """When a schedule runs, with a field for each option of its export."""

    repeat = forms.ChoiceField(label=_("How often"), choices=REPEATS)
    days = forms.MultipleChoiceField(
        label=_("Days"), choices=tuple(DAY_NAMES.items()), required=False
    )
    rule = forms.CharField(label=_("Rule"), max_length=RULE_CHARACTERS, required=False)
    first_day = forms.DateField(label=_("First day"))
    clock_time = forms.TimeField(label=_("Time"))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    until = forms.DateField(label=_("Last day (may be empty)"), required=False)

    def __init__(
        self,
        values: Mapping[str, str] | None,
        *,
        options: Mapping[str, Option],
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(
            values,
            options=options,
            chosen={} if schedule is None else schedule.options,
            initial=_propose() if schedule is None else _read_back(schedule),
        )
        zones = [(zone, zone) for zone in list_zones()]
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]

    def timing(self) -> Timing:
        """Return when the schedule is to run."""
        values = self.cleaned_data
        return Timing(
            rule=values["made_rule"],
            first_day=values["first_day"],
            clock_time=values["clock_time"],
            time_zone=values["time_zone"],
        )

    def clean(self) -> dict[str, object]:
        """Make the rule of the choices, and check that it can be used."""
        values: dict[str, object] = super().clean() or {}
        if self.errors:
            return values
        repeat = Repeat(str(values["repeat"]))
        if repeat is Repeat.WEEKLY and not values["days"]:
            self.add_error("days", _("Found no day, expected at least one."))
            return values
        if repeat is Repeat.RULE:
            values["made_rule"] = values["rule"]
        else:
            values["made_rule"] = make_rule(_read_values(repeat, values))
        try:
            parse_rule(str(values["made_rule"]))
        except RuleError as error:
            self.add_error("rule", str(error))
        return values


def _read_values(repeat: Repeat, values: Mapping[str, object]) -> Choice:
    days, until = values["days"], values["until"]
    return Choice(
        repeat=repeat,
        days=tuple(days) if isinstance(days, list) else (),
        until=until if isinstance(until, date) else None,
    )


def _propose() -> dict[str, object]:
    return {
        "repeat": Repeat.DAILY,
        "first_day": timezone.localdate() + timedelta(days=1),
        "clock_time": NIGHT,
        "time_zone": timezone.get_current_timezone_name(),
        "days": ["MO"],
    }


def _read_back(schedule: Schedule) -> dict[str, object]:
    choice = read_choice(parse_rule(schedule.rule))
    return {
        "repeat": choice.repeat,
        "days": list(choice.days),
        "until": choice.until,
        "rule": schedule.rule,
        "first_day": schedule.first_day,
        "clock_time": schedule.clock_time,
        "time_zone": schedule.time_zone,
    }
