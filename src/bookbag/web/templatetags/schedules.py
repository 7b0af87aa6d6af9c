"""How pages show schedules and their runs."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.schedules.models import Schedule, ScheduleRun
from bookbag.exports.schedules.rules import parse_rule
from bookbag.exports.schedules.states import RunState, ScheduleState
from bookbag.exports.schedules.wording import describe_rule
from bookbag.web.option_forms import label_option, label_value

register = template.Library()

SCHEDULE_LOOKS = {
    ScheduleState.ACTIVE: ("clock", "success"),
    ScheduleState.PAUSED: ("stop", "quiet"),
    ScheduleState.STOPPED: ("alert", "danger"),
    ScheduleState.FINISHED: ("check", "quiet"),
}
RUN_LOOKS = {
    RunState.STARTED: ("spinner", "accent"),
    RunState.DONE: ("check", "success"),
    RunState.FAILED: ("alert", "danger"),
    RunState.CANCELLED: ("stop", "quiet"),
}


@register.inclusion_tag("web/components/status.html")
def schedule_status(schedule: Schedule) -> dict[str, object]:
    """Show a schedule's state as an icon and a word."""
    state = ScheduleState(schedule.state)
    icon_name, look = SCHEDULE_LOOKS[state]
    return {"label": state.label, "icon_name": icon_name, "look": look}


@register.inclusion_tag("web/components/status.html")
def run_status(run: ScheduleRun) -> dict[str, object]:
    """Show a run's state as an icon and a word."""
    state = RunState(run.state)
    icon_name, look = RUN_LOOKS[state]
    return {"label": state.label, "icon_name": icon_name, "look": look}


@register.filter
def often(schedule: Schedule) -> str:
    """Say how often a schedule runs."""
    return describe_rule(parse_rule(schedule.rule))


@register.filter
def what_title(schedule: Schedule) -> str:
    """Return what people call the export of a schedule."""
    definition = get_catalogue().get(schedule.identifier)
    return definition.get_title() if definition else schedule.identifier


@register.filter
def option_label(name: str) -> str:
    """Return what people call an option of an export."""
    return label_option(name)


@register.filter
def option_value(value: str) -> str:
    """Return what people call a value of an option."""
    return label_value(value)


@register.filter
def moment_in(value: datetime, zone: str) -> SafeString:
    """Show a time by the clock of a zone, with its day and its offset's name."""
    local = value.astimezone(ZoneInfo(zone))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        value.isoformat(),
        format_date(local, "D j M Y, H:i T"),
    )
