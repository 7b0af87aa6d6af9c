"""Claiming an export, keeping the claim alive, and noticing when it is lost.

Leases run by the database's clock, the only one that all workers share. The attempt
is the fencing token: each claim raises it, and every later write of a worker names
it, so that a worker that slept past its lease changes nothing when it wakes.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from bagkit.archive import Progress
from bookbag.exports.errors import (
    ExportCancelledError,
    LeaseLostError,
    WorkerStoppingError,
)
from bookbag.exports.models import Export, ExportEvent
from bookbag.exports.states import ExportState, get_transition

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.5
"""How often progress is written and a cancellation looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one worker to work on one export, until its lease runs out."""

    export: Export
    attempt: int
    snapshot_at: datetime


def claim_export(export_id: UUID, worker: str) -> Claim | None:
    """Claim an export that waits, or one whose lease has run out.

    One UPDATE decides, so that of many workers exactly one gets it.

    Args:
        export_id: The export.
        worker: A name for the log and the row.

    Returns:
        The claim, or None when there is nothing to claim.
    """
    lease = timedelta(seconds=settings.BOOKBAG_LEASE_SECONDS)
    with transaction.atomic():
        before = Export.objects.filter(pk=export_id).values_list("state", flat=True)
        source = before.first()
        changed = (
            _claimable()
            .filter(pk=export_id, state=source)
            .update(
                state=ExportState.RUNNING,
                attempt=F("attempt") + 1,
                worker=worker[:120],
                snapshot_at=Coalesce("snapshot_at", Now()),
                started_at=Coalesce("started_at", Now()),
                heartbeat_at=Now(),
                lease_expires_at=Now() + lease,
            )
        )
        if not changed or source is None:
            return None
        export = Export.objects.select_related(
            "workspace", "course__workspace", "assignment", "subject", "requested_by"
        ).get(pk=export_id)
        step = get_transition(source, ExportState.RUNNING)
        ExportEvent.objects.create(
            export=export, kind=step.event, attempt=export.attempt, detail=worker[:300]
        )
    snapshot_at = export.snapshot_at or export.requested_at
    return Claim(export=export, attempt=export.attempt, snapshot_at=snapshot_at)


def mark_stalled() -> list[UUID]:
    """Return the exports that a worker has to be woken for, and note that it was.

    Stalled are exports whose lease ran out, and waiting ones that nobody came for
    within the time of a lease. Each is returned to one caller in that time only, so
    that many workers do not fill the queue with the same ids.
    """
    lease = timedelta(seconds=settings.BOOKBAG_LEASE_SECONDS)
    overdue = _claimable().filter(woken_at__lt=Now() - lease)
    found = list(overdue.order_by("requested_at").values_list("pk", flat=True))
    return [pk for pk in found if overdue.filter(pk=pk).update(woken_at=Now())]


def release_claim(claim: Claim, *, wait_seconds: float, reason: str) -> None:
    """Give a claim back, to be taken over after a while by any worker."""
    Export.objects.filter(
        pk=claim.export.pk, state=ExportState.RUNNING, attempt=claim.attempt
    ).update(
        worker="",
        lease_expires_at=Now() + timedelta(seconds=wait_seconds),
        failure_sentence=reason[:500],
    )


class LeaseKeeper:
    """Keeps a claim alive beside the job, writes its progress, and says when to stop.

    Invariants: used as a context manager by the thread that works on the export;
    one thread of its own writes to the database. ``report`` may be called very often,
    from the working thread only.
    """

    def __init__(self, claim: Claim, stopping: threading.Event) -> None:
        self._claim = claim
        self._stopping = stopping
        self._done = threading.Event()
        self._progress: Progress | None = None
        self._is_lost = False
        self._is_cancelled = False
        self._thread = threading.Thread(
            target=self._run, name=f"lease-{claim.export.pk}", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def report(self, progress: Progress) -> None:
        """Take note of progress.

        Raises:
            LeaseLostError: If another worker has the export now.
            ExportCancelledError: If somebody cancelled it.
            WorkerStoppingError: If this worker is being stopped.
        """
        self._progress = progress
        if self._is_lost:
            raise LeaseLostError
        if self._is_cancelled:
            raise ExportCancelledError
        if self._stopping.is_set():
            raise WorkerStoppingError

    def _run(self) -> None:
        try:
            while not self._done.wait(HEARTBEAT_SECONDS):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        lease = timedelta(seconds=settings.BOOKBAG_LEASE_SECONDS)
        row = Export.objects.filter(
            pk=self._claim.export.pk,
            state=ExportState.RUNNING,
            attempt=self._claim.attempt,
        )
        try:
            changed = row.update(
                heartbeat_at=Now(),
                lease_expires_at=Now() + lease,
                **_progress_columns(self._progress),
            )
            cancelled_at = row.values_list("cancel_requested_at", flat=True).first()
        except DatabaseError:
            # The database may be away for a moment. If it stays away past the lease,
            # another worker takes over and the fence keeps this one's writes out.
            logger.exception("No heartbeat for export %s", self._claim.export.pk)
            connection.close()
            return
        self._is_lost = not changed
        self._is_cancelled = cancelled_at is not None


def _claimable() -> QuerySet[Export]:
    return Export.objects.filter(
        Q(state=ExportState.QUEUED)
        | Q(state=ExportState.RUNNING, lease_expires_at__lt=Now())
    )


def _progress_columns(progress: Progress | None) -> dict[str, int | str]:
    if progress is None:
        return {}
    return {
        "phase": progress.phase,
        "members_done": progress.members_done,
        "members_total": progress.members_total,
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
    }
