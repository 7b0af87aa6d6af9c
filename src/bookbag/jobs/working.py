"""Working on a job: from the claim to the end of the attempt, whatever its kind.

Whatever interrupts it, the row says where it is, and another worker begins again.
"""

import logging
import os
import socket
import threading
from abc import ABC, abstractmethod
from typing import ClassVar, Generic
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from bookbag.jobs.errors import (
    AttemptsUsedUpError,
    JobCancelledError,
    LeaseLostError,
    PermanentJobError,
    RetryableJobError,
    WorkerStoppingError,
)
from bookbag.jobs.leases import (
    Claim,
    J,
    LeaseKeeper,
    claim_job,
    list_claimable,
    mark_stalled,
    release_claim,
)
from bookbag.jobs.wakeup import wake_worker

logger = logging.getLogger(__name__)

BACK_OFF_SECONDS = (5, 30, 120, 600)
"""How long an interrupted job waits before each further attempt."""

STOPPING = threading.Event()
"""Set when this worker process is being stopped; running jobs give their claim back."""


class JobKind(ABC, Generic[J]):
    """One kind of job: where its rows are, and what is done with one."""

    name: ClassVar[str]
    """What the queue calls it."""

    @abstractmethod
    def jobs(self) -> QuerySet[J]:
        """Return its rows, with whatever else ``work`` reads from them."""

    def claim(self, job_id: UUID, worker: str) -> Claim[J] | None:
        """Claim a job, or answer that there is nothing to claim."""
        return claim_job(self.jobs(), job_id, worker)

    def choose(self, job_id: UUID, *, only_quick: bool) -> UUID | None:
        """Return the job whose turn it is, or None when none may be taken.

        Args:
            job_id: The job that a worker was woken for, perhaps of another kind. It
                is the next one if it still waits, otherwise the one that waits longest.
            only_quick: Whether only jobs of seconds may be taken.
        """
        jobs = self.quick_jobs() if only_quick else self.jobs()
        waiting = list_claimable(jobs)
        return job_id if job_id in waiting else next(iter(waiting), None)

    def quick_jobs(self) -> QuerySet[J]:
        """Return the jobs that take seconds, by what their rows say; here none does."""
        return self.jobs().none()

    def is_quick(self, job_id: UUID) -> bool:
        """Answer whether a job takes seconds, so that it needs no place."""
        return self.quick_jobs().filter(pk=job_id).exists()

    @abstractmethod
    def work(self, claim: Claim[J], keeper: LeaseKeeper[J]) -> None:
        """Do the work and step the row to where it leads.

        Raises:
            PermanentJobError: If trying again would fail the same way.
            Exception: Anything else is tried again, until the attempts are used up.
        """

    @abstractmethod
    def cancel(self, claim: Claim[J]) -> None:
        """Step a job that somebody cancelled to its end."""

    @abstractmethod
    def fail(self, claim: Claim[J], code: str, sentence: str) -> None:
        """Step a job that is given up to its end."""

    @abstractmethod
    def discard(self, claim: Claim[J]) -> None:
        """Remove what an attempt left behind, however it ended."""


def name_worker() -> str:
    """Return a name that tells this worker from others: host, process, thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"


def run_job(kind: JobKind[J], job_id: UUID) -> bool:
    """Work on a job if nobody else does; the one entry point of every worker.

    Never raises for what can go wrong with a job: the outcome is in its row.

    Returns:
        Whether it was this worker's to work on.
    """
    claim = kind.claim(job_id, name_worker())
    if claim is None:
        return False
    try:
        with LeaseKeeper(claim, STOPPING) as keeper:
            _check_claim(claim)
            kind.work(claim, keeper)
    except LeaseLostError:
        logger.warning("The %s %s was taken over by another worker", kind.name, job_id)
    except JobCancelledError:
        kind.cancel(claim)
    except PermanentJobError as error:
        logger.warning("The %s %s failed: %s", kind.name, job_id, error)
        kind.fail(claim, error.code, str(error))
    except WorkerStoppingError as error:
        release_claim(claim, wait_seconds=0, reason=str(error))
    except Exception as error:
        logger.exception("The %s %s was interrupted", kind.name, job_id)
        _try_again_later(kind, claim, error)
    finally:
        kind.discard(claim)
    return True


def take_over_stalled(kind: JobKind[J]) -> int:
    """Wake a worker for every job that nobody works on: stalled, or never woken.

    Safe in many workers at once, and when two of them wake the same job: it is
    claimed by one.

    Returns:
        How many jobs were found.
    """
    stalled = mark_stalled(kind.jobs())
    for job_id in stalled:
        logger.warning("The %s %s is stalled; waking a worker", kind.name, job_id)
        wake_worker(kind.name, job_id)
    return len(stalled)


def _check_claim(claim: Claim[J]) -> None:
    if claim.job.cancel_requested_at is not None:
        raise JobCancelledError
    if claim.job.counted_attempts > settings.BOOKBAG_MAX_ATTEMPTS:
        raise AttemptsUsedUpError


def _try_again_later(kind: JobKind[J], claim: Claim[J], error: Exception) -> None:
    code = getattr(error, "code", RetryableJobError.code)
    attempts = claim.job.counted_attempts
    if attempts >= settings.BOOKBAG_MAX_ATTEMPTS:
        kind.fail(claim, code, f"{AttemptsUsedUpError()} The last reason: {error}")
        return
    wait = BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]
    release_claim(claim, wait_seconds=wait, reason=str(error))
