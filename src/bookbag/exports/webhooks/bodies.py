"""What webhooks are told: identifiers, states, counts and addresses; nobody's data.

Source: ADR 0100.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.states import ExportState
from bookbag.exports.webhooks.kinds import EventKind
from bookbag.exports.webhooks.models import WebhookEvent

_STATES: Mapping[str, ExportState] = {
    EventKind.READY: ExportState.READY,
    EventKind.FAILED: ExportState.FAILED,
    EventKind.EXPIRING: ExportState.READY,
    EventKind.EXPIRED: ExportState.EXPIRED,
}
"""The state of the export when it happened; it may be another one when it is told."""
COUNTS = ("expected", "present", "empty", "excluded", "failed")


def make_body(event: WebhookEvent) -> str:
    """Return the body of an event, for all its deliveries.

    It can be made later than the event: what it says of an export does not change any
    more once the event has happened.
    """
    document = {
        "type": event.kind,
        "timestamp": _format(event.happened_at),
        "data": _describe(event.export, _STATES[event.kind]),
    }
    return json.dumps(document, separators=(",", ":"))


def _describe(export: Export, state: ExportState) -> dict[str, object]:
    page = reverse("export", kwargs={"export_id": export.pk})
    return {
        "id": str(export.pk),
        "identifier": export.identifier,
        "state": state,
        "workspace": export.workspace.slug,
        "course_id": export.course_id,
        "assignment_id": export.assignment_id,
        "requested_at": _format(export.requested_at),
        "finished_at": _format(export.finished_at),
        "expires_at": _format(export.expires_at),
        "size_bytes": export.size_bytes,
        "sha256": export.sha256 or None,
        "problem_count": export.problem_count,
        "receipt": _count(export),
        "failure_code": export.failure_code or None,
        "url": f"{settings.BOOKBAG_BASE_URL}/api/v1/exports/{export.pk}",
        "page_url": f"{settings.BOOKBAG_BASE_URL}{page}",
    }


def _count(export: Export) -> dict[str, int] | None:
    receipt = ExportReceipt.objects.filter(export=export).values(*COUNTS).first()
    return None if receipt is None else {name: receipt[name] for name in COUNTS}


def _format(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
