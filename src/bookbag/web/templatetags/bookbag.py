"""The components that all pages share: sizes, times, people, states, icons."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookbag.deliveries.models import Delivery, DeliveryState
from bookbag.domain.courses import ending
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import Member, User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.invitations.selectors import (
    InvitationStatus,
    describe_invitation,
)
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.wording import format_size

register = template.Library()

STATE_LOOKS = {
    ExportState.QUEUED: ("clock", "quiet"),
    ExportState.RUNNING: ("spinner", "accent"),
    ExportState.READY: ("check", "success"),
    ExportState.FAILED: ("alert", "danger"),
    ExportState.CANCELLED: ("stop", "quiet"),
    ExportState.EXPIRED: ("clock", "quiet"),
}
DELIVERY_LOOKS = {
    DeliveryState.WAITING: ("clock", "quiet"),
    DeliveryState.QUEUED: ("clock", "quiet"),
    DeliveryState.RUNNING: ("spinner", "accent"),
    DeliveryState.DELIVERED: ("check", "success"),
    DeliveryState.FAILED: ("alert", "danger"),
    DeliveryState.CANCELLED: ("stop", "quiet"),
}
_ICONS = Path(__file__).parent.parent / "static" / "web" / "icons.svg"


@register.filter
def size(value: int | None) -> SafeString:
    """Show a number of bytes in the unit that fits, the exact number on hover."""
    if value is None:
        return mark_safe("–")  # noqa: RUF001  # nosec B308 - a dash of our own
    exact = f"{value:,} bytes"
    return format_html(
        '<span class="figure" title="{}">{}</span>', exact, format_size(value)
    )


@register.filter
def invitation(member: Member) -> InvitationStatus:
    """Return how far a member's invitation is."""
    return describe_invitation(member)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Show a time in the person's zone with the zone named."""
    if value is None:
        return mark_safe("–")  # noqa: RUF001  # nosec B308 - a dash of our own
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        value.isoformat(),
        format_date(local, "j M Y, H:i T"),
    )


@register.filter
def purge_time(course: Course) -> datetime:
    """Return when a deleted course cannot be brought back any more."""
    return ending.purge_time(course)


@register.filter
def left(value: datetime | None) -> str:
    """Say how much of a time is left, in words."""
    if value is None:
        return ""
    seconds = int((value - timezone.now()).total_seconds())
    if seconds <= 0:
        return _("expired")
    days, hours, minutes = seconds // 86400, seconds // 3600, seconds // 60
    if days:
        return ngettext("%d day left", "%d days left", days) % days
    if hours:
        return ngettext("%d hour left", "%d hours left", hours) % hours
    return ngettext("%d minute left", "%d minutes left", minutes) % max(minutes, 1)


@register.filter
def estimate(export: Export) -> str:
    """Say how long a running export will still take, once that can be said."""
    seconds = export.seconds_left
    if seconds is None:
        return ""
    if seconds < 1:
        return _("nearly done")
    if seconds < 90:
        return _("about %d s left") % seconds
    return _("about %d min left") % round(seconds / 60)


@register.filter
def figure(value: int) -> str:
    """Show a number with its thousands apart."""
    return f"{value:,}"


@register.simple_tag
def report_title(export: Export) -> str:
    """Return what people call an export, as its definition says."""
    definition = get_catalogue().get(export.identifier)
    return definition.get_title() if definition else export.identifier


@register.simple_tag
def query_with(chosen: Mapping[str, str], page: int) -> str:
    """Return the query of another page of a list with the same filters."""
    kept = {name: value for name, value in chosen.items() if value}
    return urlencode({**kept, "page": page})


@register.inclusion_tag("web/components/status.html")
def status(export: Export) -> dict[str, object]:
    """Show an export's state as an icon and a word."""
    state = ExportState(export.state)
    if export.has_expired:
        state = ExportState.EXPIRED
    icon_name, look = STATE_LOOKS[state]
    is_stopping = export.is_active and export.cancel_requested_at is not None
    label = _("Cancelling") if is_stopping else state.label
    return {"label": label, "icon_name": icon_name, "look": look}


@register.inclusion_tag("web/components/status.html")
def delivery_status(delivery: Delivery) -> dict[str, object]:
    """Show a delivery's state as an icon and a word."""
    state = DeliveryState(delivery.state)
    icon_name, look = DELIVERY_LOOKS[state]
    is_stopping = delivery.is_active and delivery.cancel_requested_at is not None
    label = _("Cancelling") if is_stopping else state.label
    return {"label": label, "icon_name": icon_name, "look": look}


@register.inclusion_tag("web/components/person.html")
def person(user: User) -> dict[str, object]:
    """Show a person by name and address."""
    words = [word for word in (user.first_name, user.last_name) if word]
    initials = "".join(word[0] for word in words[:2]) or user.username[:2]
    return {"user": user, "initials": initials.upper()}


@register.inclusion_tag("web/components/copy_field.html")
def copy_field(value: str, label: str, shown: str = "") -> dict[str, object]:
    """Show a value with a button that copies it."""
    return {"value": value, "label": label, "shown": shown or value}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Show an icon of the set; it is decoration, a word stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="16" height="16">'
        '<use href="#icon-{}"></use></svg>',
        name,
    )


@register.simple_tag
def icon_set() -> SafeString:
    """Put the set of icons into the page, once."""
    return mark_safe(_ICONS.read_text(encoding="utf-8"))  # noqa: S308 - our own file
