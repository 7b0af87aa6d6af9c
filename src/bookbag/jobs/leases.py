"""Claiming a job, keeping the claim alive, and noticing when it is lost.

Leases run by the database's clock, the only one that all workers share. The attempt
is the fencing token: each claim raises it, and every later write of a worker names
it, so that a worker that slept past its lease changes nothing when it wakes.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from bookbag.jobs.errors import JobCancelledError, LeaseLostError, WorkerStoppingError
from bookbag.jobs.models import Job

logger = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)

CHOSEN_FROM = 1_000
"""So many waiting jobs are looked at for the next one."""
HEARTBEAT_SECONDS = 0.5
"""How often progress is written and a cancellation looked for."""


class JobProgress(Protocol):
    """How far a job is."""

    @property
    def phase(self) -> str:
        """What it is doing, in a word."""

    @property
    def members_done(self) -> int:
        """How many things are done."""

    @property
    def members_total(self) -> int:
        """How many things there are."""

    @property
    def bytes_done(self) -> int:
        """How much of them is done."""

    @property
    def bytes_total(self) -> int:
        """How much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Generic[J]):
    """The right of one worker to work on one job, until its lease runs out."""

    job: J
    attempt: int
    before: str
    """The state that the job was claimed in."""


def claim_job(
    jobs: QuerySet[J],
    job_id: UUID,
    worker: str,
    changes: Mapping[str, object] | None = None,
) -> Claim[J] | None:
    """Claim a job that waits, or one whose lease has run out.

    One UPDATE decides, so that of many workers exactly one gets it.

    Args:
        jobs: The jobs of a kind.
        job_id: The job.
        worker: A name for the log and the row.
        changes: Further fields to write in the same statement.

    Returns:
        The claim, or None when there is nothing to claim.
    """
    working = {**jobs.model.WORKED_ON_IN}
    working |= {state: state for state in working.values()}
    with transaction.atomic():
        before = jobs.filter(pk=job_id).values_list("state", flat=True).first()
        if before not in working:
            return None
        changed = (
            _claimable(jobs)
            .filter(pk=job_id, state=before)
            .update(
                state=working[before],
                attempt=F("attempt") + 1,
                worker=worker[:120],
                started_at=Coalesce("started_at", Now()),
                heartbeat_at=Now(),
                lease_expires_at=Now() + _lease(),
                **(changes or {}),
            )
        )
        if not changed:
            return None
        job = jobs.get(pk=job_id)
    return Claim(job=job, attempt=job.attempt, before=before)


def step_job(
    job: Job, target: str, changes: Mapping[str, object] | None = None
) -> bool:
    """Step a job to another state, if it still is where the caller saw it.

    The row is changed only while it has the state and the attempt that ``job`` has in
    memory. That is the fence: a worker whose job was taken over, or a second sweep,
    changes nothing. Which steps there are is the business of each kind of job.

    Returns:
        Whether the step was taken; then ``job`` is brought up to date.
    """
    changed = (
        type(job)
        ._default_manager.filter(pk=job.pk, state=job.state, attempt=job.attempt)
        .update(state=target, **(changes or {}))
    )
    if changed:
        job.refresh_from_db()
    return bool(changed)


def mark_stalled(jobs: QuerySet[J]) -> list[UUID]:
    """Return the jobs that a worker has to be woken for, and note that it was.

    Stalled are jobs whose lease ran out, and waiting ones that nobody came for
    within the time of a lease. Each is returned to one caller in that time only, so
    that many workers do not fill the queue with the same ids.
    """
    overdue = _claimable(jobs).filter(woken_at__lt=Now() - _lease())
    found = list(overdue.order_by("requested_at").values_list("pk", flat=True))
    return [pk for pk in found if overdue.filter(pk=pk).update(woken_at=Now())]


def list_claimable(jobs: QuerySet[J]) -> list[UUID]:
    """Return the jobs that wait or whose lease ran out, the longest waiting first."""
    found = _claimable(jobs).order_by("requested_at")
    return list(found.values_list("pk", flat=True)[:CHOSEN_FROM])


def release_claim(claim: Claim[J], *, wait_seconds: float, reason: str) -> None:
    """Give a claim back, to be taken over after a while by any worker."""
    _row_of(claim).update(
        worker="",
        lease_expires_at=Now() + timedelta(seconds=wait_seconds),
        failure_sentence=reason[:500],
    )


class LeaseKeeper(Generic[J]):
    """Keeps a claim alive beside the job, writes its progress, and says when to stop.

    Invariants: used as a context manager by the thread that works on the job; one
    thread of its own writes to the database. ``report`` may be called very often,
    from the working thread only.
    """

    def __init__(self, claim: Claim[J], stopping: threading.Event) -> None:
        self._claim = claim
        self._stopping = stopping
        self._done = threading.Event()
        self._progress: JobProgress | None = None
        self._is_lost = False
        self._is_cancelled = False
        self._thread = threading.Thread(
            target=self._run, name=f"lease-{claim.job.pk}", daemon=True
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

    def report(self, progress: JobProgress) -> None:
        """Take note of progress.

        Raises:
            LeaseLostError: If another worker has the job now.
            JobCancelledError: If somebody cancelled it.
            WorkerStoppingError: If this worker is being stopped.
        """
        self._progress = progress
        self.check()

    def check(self) -> None:
        """Check that the work should go on.

        Raises:
            LeaseLostError: If another worker has the job now.
            JobCancelledError: If somebody cancelled it.
            WorkerStoppingError: If this worker is being stopped.
        """
        if self._is_lost:
            raise LeaseLostError
        if self._is_cancelled:
            raise JobCancelledError
        if self._stopping.is_set():
            raise WorkerStoppingError

    def _run(self) -> None:
        try:
            while not self._done.wait(HEARTBEAT_SECONDS):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        row = _row_of(self._claim)
        try:
            changed = row.update(
                heartbeat_at=Now(),
                lease_expires_at=Now() + _lease(),
                **_progress_columns(self._progress),
            )
            cancelled_at = row.values_list("cancel_requested_at", flat=True).first()
        except DatabaseError:
            # The database may be away for a moment. If it stays away past the lease,
            # another worker takes over and the fence keeps this one's writes out.
            logger.exception("No heartbeat for %s", self._claim.job.pk)
            connection.close()
            return
        self._is_lost = not changed
        self._is_cancelled = cancelled_at is not None


def _lease() -> timedelta:
    return timedelta(seconds=settings.BOOKBAG_LEASE_SECONDS)


def _claimable(jobs: QuerySet[J]) -> QuerySet[J]:
    states = jobs.model.WORKED_ON_IN
    return jobs.filter(
        Q(state__in=list(states))
        | Q(state__in=list(states.values()), lease_expires_at__lt=Now())
    )


def _row_of(claim: Claim[J]) -> QuerySet[J]:
    job = claim.job
    return type(job)._default_manager.filter(
        pk=job.pk,
        state__in=list(job.WORKED_ON_IN.values()),
        attempt=claim.attempt,
    )


def _progress_columns(progress: JobProgress | None) -> dict[str, int | str]:
    if progress is None:
        return {}
    return {
        "phase": progress.phase,
        "members_done": progress.members_done,
        "members_total": progress.members_total,
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
    }
