"""Reading the audit log: entries by filter, and who is in it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date

from bookbag.domain.audit.models import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to show; empty fields let everything through."""

    search: str = ""
    """Words, each part of a name, a target, a purpose, a detail or an address."""
    act: str = ""
    """An act, or the part before its dot."""
    result: str = ""
    since: str = ""
    """The first day, ``YYYY-MM-DD``; what is no date lets everything through."""
    until: str = ""
    """The last day."""


def list_entries(workspace_id: int, chosen: AuditFilter) -> QuerySet[AuditEntry]:
    """Return the entries of a workspace that a filter lets through, newest first."""
    entries = AuditEntry.objects.filter(workspace=workspace_id)
    for word in chosen.search.split():
        entries = entries.filter(_match(word))
    if chosen.act:
        area = Q(act__startswith=f"{chosen.act}.")
        entries = entries.filter(Q(act=chosen.act) | area)
    if chosen.result:
        entries = entries.filter(result=chosen.result)
    if since := _begin_day(chosen.since):
        entries = entries.filter(happened_at__gte=since)
    if until := _begin_day(chosen.until):
        entries = entries.filter(happened_at__lt=until + timedelta(days=1))
    return entries.order_by("-sequence")


def _match(word: str) -> Q:
    matched = Q()
    for field in ("person_name", "target", "purpose", "detail", "ip_address"):
        matched |= Q((f"{field}__icontains", word))
    return matched


def _begin_day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None  # a date that is not in the calendar
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
