"""How pages show what webhooks were told."""

from django import template

from bookbag.exports.outbox import OutboxRow, OutboxState

register = template.Library()

LOOKS = {
    OutboxState.WAITING: ("clock", "accent still"),
    OutboxState.DELIVERED: ("check", "success"),
    OutboxState.SKIPPED: ("stop", "quiet"),
    OutboxState.GIVEN_UP: ("alert", "danger"),
}


@register.inclusion_tag("web/components/status.html")
def outbox_status(row: OutboxRow) -> dict[str, object]:
    """Show the state of something on its way as an icon and a word."""
    state = OutboxState(row.state)
    icon_name, look = LOOKS[state]
    return {"label": state.label, "icon_name": icon_name, "look": look}
