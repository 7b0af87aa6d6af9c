"""What a doctor says of one thing that does not fit together, and of stuck jobs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.utils import timezone

from bookbag.jobs.leases import J
from bookbag.jobs.working import JobKind, take_over_stalled

OVERDUE_LEASES = 3
"""So many leases without a worker, and something is wrong with the workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """One thing that does not fit together."""

    code: str
    """A stable word for programs."""
    message: str
    """What was found, what was expected, which item."""
    remedy: str
    """What mending does, or what a person has to do."""
    mend: Callable[[], object] | None = None
    """Mends it; None when only a person can."""


def find_forgotten(kind: JobKind[J], noun: str) -> Iterator[Inconsistency]:
    """Yield the jobs of a kind that should have a worker and have had none for long.

    Args:
        kind: Which jobs.
        noun: What people call one, with its article.
    """
    patience = timedelta(seconds=OVERDUE_LEASES * settings.BOOKBAG_LEASE_SECONDS)
    before = timezone.now() - patience
    jobs = kind.jobs()
    states = {*jobs.model.WORKED_ON_IN, *jobs.model.WORKED_ON_IN.values()}
    active = jobs.filter(state__in=states, requested_at__lt=before)
    for job in active.order_by("pk"):
        last_sign = max(filter(None, (job.lease_expires_at, job.woken_at)))
        if last_sign < before:
            yield Inconsistency(
                code="nobody_works_on_it",
                message=f"Found {noun} that is {job.state} and had no worker since "
                f"{last_sign:%Y-%m-%d %H:%M:%S} UTC, expected one: {job.pk}",
                remedy="A worker is woken. If it stays: start `bookbag worker`.",
                mend=partial(take_over_stalled, kind),
            )
