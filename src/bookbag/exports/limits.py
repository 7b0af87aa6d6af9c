"""Limits of a site: room on the disk, and bytes that may be kept.

A limit is looked at before anything begins, so that nobody waits for what cannot end;
a refusal says the limit, what is used, and when there will be room. What failed holds
no file and so counts for nothing.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Sum

from bagkit.archive import Progress
from bookbag.domain.people.models import Workspace
from bookbag.exports.errors import DiskFloorError, QuotaExceededError
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import StreamingStorage, get_storage

NIL = UUID(int=0)
LOOK_SECONDS = 0.5
"""How often a running export looks at the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many bytes of finished exports may be kept, and whose."""

    whose: str
    """Who shares it, for the sentence of a refusal."""
    limit_bytes: int
    kept: QuerySet[Export]
    """The finished exports that count."""


def estimate_bytes(export: Export) -> int:
    """Return how large a new export will be: as the last of the same; 0 if none is."""
    last = Export.objects.filter(
        identifier=export.identifier,
        workspace=export.workspace,
        course=export.course,
        assignment=export.assignment,
        subject=export.subject,
        project=export.project,
        size_bytes__isnull=False,
    )
    size_bytes = last.order_by("-finished_at").values_list("size_bytes", flat=True)
    return size_bytes.first() or 0


def estimate_staged(export: Export) -> int:
    """Return how much of a new export will lie on this machine while it is written."""
    size_bytes = estimate_bytes(export)
    if isinstance(get_storage(), StreamingStorage):
        return min(size_bytes, settings.BOOKBAG_STREAM_BYTES)
    return size_bytes


def check_quotas(workspace: Workspace, *, expected_bytes: int) -> None:
    """Refuse an export for which the kept exports leave no room.

    Args:
        workspace: Whose export it would be.
        expected_bytes: How large it is expected to be.

    Raises:
        QuotaExceededError: With the limit, the usage, and when there will be room.
    """
    kept = Export.objects.filter(
        state=ExportState.READY, removed_at__isnull=True, size_bytes__isnull=False
    )
    for quota in (
        Quota(
            whose=f"the workspace {workspace.name!r}",
            limit_bytes=settings.BOOKBAG_MAX_KEPT_BYTES_PER_WORKSPACE,
            kept=kept.filter(workspace=workspace),
        ),
        Quota(
            whose="this site",
            limit_bytes=settings.BOOKBAG_MAX_KEPT_BYTES,
            kept=kept,
        ),
    ):
        if quota.limit_bytes:
            _check_quota(quota, expected_bytes)


def check_room(*, expected_bytes: int) -> None:
    """Refuse an export for which the disk has no room above the floor.

    Raises:
        DiskFloorError: With what is free, what is needed and the floor.
    """
    free_bytes = measure_free_bytes()
    if free_bytes - expected_bytes < settings.BOOKBAG_FREE_BYTES_FLOOR:
        raise DiskFloorError(
            free_bytes=free_bytes,
            needed_bytes=expected_bytes,
            floor_bytes=settings.BOOKBAG_FREE_BYTES_FLOOR,
        )


def watch_room(report: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Return a report of progress that also stops when the disk runs full.

    Args:
        report: What is called with each progress.
    """
    looked_at = 0.0

    def watch(progress: Progress) -> None:
        nonlocal looked_at
        report(progress)
        if time.monotonic() - looked_at >= LOOK_SECONDS:
            check_room(expected_bytes=0)
            looked_at = time.monotonic()

    return watch


def measure_free_bytes() -> int:
    """Return the free bytes of the disk that exports are written to."""
    return shutil.disk_usage(get_storage().stage_file(NIL, 0).parent).free


def _check_quota(quota: Quota, expected_bytes: int) -> None:
    used_bytes = quota.kept.aggregate(total=Sum("size_bytes"))["total"] or 0
    excess = used_bytes + max(expected_bytes, 1) - quota.limit_bytes
    if excess > 0:
        raise QuotaExceededError(
            whose=quota.whose,
            limit_bytes=quota.limit_bytes,
            used_bytes=used_bytes,
            free_at=_find_when_free(quota.kept, excess),
        )


def _find_when_free(kept: QuerySet[Export], excess_bytes: int) -> datetime | None:
    """Return when enough files will have expired; None if never enough."""
    for size_bytes, expires_at in kept.order_by("expires_at").values_list(
        "size_bytes", "expires_at"
    ):
        excess_bytes -= size_bytes or 0
        if excess_bytes <= 0:
            return expires_at
    return None
