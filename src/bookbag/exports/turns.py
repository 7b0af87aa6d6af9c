"""Whose export is next: in turn between workspaces, within the limits of each.

A workspace that asks for a hundred exports waits for itself, not others for it: next
is the workspace with the fewest archives in work, of those the one that was served
longest ago, and of it the export that waits longest.
"""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, Q, QuerySet
from django.db.models.functions import Now

from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState

CLAIMING = 0x626F6F6B
"""The number of PostgreSQL's advisory lock under which places are counted."""
NEVER = datetime.min.replace(tzinfo=UTC)


def choose_export(*, only_quick: bool) -> UUID | None:
    """Return the export whose turn it is, or None when none may be taken.

    Args:
        only_quick: Whether only tables may be taken, which never wait for archives.
    """
    exports = Export.objects.order_by("requested_at", "pk")
    if only_quick:
        exports = exports.filter(_is_quick())
    left_behind = exports.filter(
        state=ExportState.RUNNING, lease_expires_at__lt=Now()
    ).values_list("pk", flat=True)
    return left_behind.first() or _choose_waiting(
        exports.filter(state=ExportState.QUEUED)
    )


def is_quick_export(export_id: UUID) -> bool:
    """Answer whether an export takes seconds."""
    return Export.objects.filter(_is_quick(), pk=export_id).exists()


def may_start(export_id: UUID) -> bool:
    """Answer whether the limits let a waiting export start now.

    Call it in the transaction that claims: other claims wait until that has ended, so
    that two workers cannot both take the last place.
    """
    if connection.vendor == "postgresql":  # SQLite's writers wait for each other
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMING])
    return Export.objects.filter(
        _is_within_limits(_count_running()), pk=export_id
    ).exists()


def _choose_waiting(waiting: QuerySet[Export]) -> UUID | None:
    running = _count_running()
    waiting = waiting.filter(_is_within_limits(running))
    oldest = dict(
        waiting.order_by().values_list("workspace").annotate(oldest=Min("requested_at"))
    )
    served = dict(
        Export.objects.filter(workspace__in=oldest, started_at__isnull=False)
        .order_by()
        .values_list("workspace")
        .annotate(served=Max("started_at"))
    )
    if not oldest:
        return None
    chosen = min(
        oldest, key=lambda pk: (running[pk], served.get(pk, NEVER), oldest[pk])
    )
    return waiting.filter(workspace=chosen).values_list("pk", flat=True).first()


def _count_running() -> Counter[int]:
    """Count the archives in work by workspace."""
    running = Export.objects.filter(state=ExportState.RUNNING).exclude(_is_quick())
    return Counter(running.order_by().values_list("workspace", flat=True))


def _is_within_limits(running: Counter[int]) -> Q:
    in_all = settings.BOOKBAG_MAX_RUNNING
    of_one = settings.BOOKBAG_MAX_RUNNING_PER_WORKSPACE
    if in_all and running.total() >= in_all:
        return _is_quick()
    full = [pk for pk, count in running.items() if of_one and count >= of_one]
    return _is_quick() | ~Q(workspace__in=full)


def _is_quick() -> Q:
    catalogue = get_catalogue().items()
    return Q(identifier__in=[name for name, entry in catalogue if entry.is_quick])
