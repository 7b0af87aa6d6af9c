"""Quick exports that a person waits for, as the banner of every page shows them."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.models import Export, ExportEvent, ExportRequester
from bookbag.exports.selectors import may_access, scope_of
from bookbag.exports.states import ACTIVE_STATES, ExportEventKind, ExportState

SHOWN_FOR = timedelta(minutes=10)
"""How long a finished report waits for its download, or a failure to be dismissed."""
DELIVERED_FOR = timedelta(seconds=10)
"""How long a report is still shown after its download."""


def list_reports(person: User) -> list[Export]:
    """Return the reports that a person waits for or has just got, one of each kind.

    Shape: each carries ``is_delivered``: whether the person has downloaded it.
    """
    recently = timezone.now() - SHOWN_FOR
    waiting = ExportRequester.objects.filter(
        export=OuterRef("pk"), person=person, dismissed_at__isnull=True
    )
    downloads = ExportEvent.objects.filter(
        export=OuterRef("pk"), person=person, kind=ExportEventKind.DOWNLOADED
    )
    long_ago = downloads.filter(happened_at__lt=timezone.now() - DELIVERED_FOR)
    has_ended = Q(
        state__in=(ExportState.READY, ExportState.FAILED), finished_at__gt=recently
    )
    found = (
        Export.objects.filter(
            Exists(waiting),
            ~Exists(long_ago),
            Q(state__in=ACTIVE_STATES) | has_ended,
            identifier__in=_quick_identifiers(),
        )
        .select_related("workspace", "course", "assignment", "subject", "receipt")
        .defer("receipt__document")
        .annotate(is_delivered=Exists(downloads))
        .order_by("-requested_at")
    )
    newest: dict[tuple[str, str], Export] = {}
    for export in found:
        if may_access(person, export):
            newest.setdefault((export.identifier, scope_of(export).key), export)
    return list(newest.values())


def list_workspace_reports(workspace: Workspace, limit: int) -> list[Export]:
    """Return the last quick exports of a workspace, the newest first."""
    found = Export.objects.filter(
        workspace=workspace, identifier__in=_quick_identifiers()
    )
    related = found.select_related("requested_by", "receipt")
    ordered = related.defer("receipt__document").order_by("-requested_at", "-pk")
    return list(ordered[:limit])


def dismiss_report(person: User, export: Export) -> None:
    """Show a report to a person no more; the export itself stays."""
    ExportRequester.objects.filter(person=person, export=export).update(
        dismissed_at=timezone.now()
    )


def _quick_identifiers() -> Collection[str]:
    catalogue = get_catalogue()
    return [name for name, entry in catalogue.items() if not entry.sends_mail]
