"""Rate limits: how often somebody may come in a stretch of time.

Counted in the database, because a site may have several web processes on several
hosts, and each has to see what the others saw (ADR 0090).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from bookbag.domain.access.models import UsageWindow

KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """So many requests in so many seconds."""

    name: str
    quota: int
    window_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Where somebody is with a limit, this request included."""

    limit: RateLimit
    count: int
    reset_seconds: int
    """Until the count begins again."""

    @property
    def remaining(self) -> int:
        """How many more requests are answered before that."""
        return max(0, self.limit.quota - self.count)

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.count > self.limit.quota


def count_use(bearer: str, limit: RateLimit) -> Usage:
    """Count one request of somebody, and return where they are now."""
    now = timezone.now()
    seconds = int(now.timestamp())
    began = seconds - seconds % limit.window_seconds
    key: dict[str, str | datetime] = {
        "bearer": bearer,
        "limit_name": limit.name,
        "began_at": datetime.fromtimestamp(began, UTC),
    }
    return Usage(
        limit=limit,
        count=_increase(key),
        reset_seconds=began + limit.window_seconds - seconds,
    )


def _increase(key: dict[str, str | datetime]) -> int:
    window = UsageWindow.objects.filter(**key)
    if not window.update(count=F("count") + 1):
        try:
            with transaction.atomic():
                UsageWindow.objects.create(**key, count=1)
        except IntegrityError:  # another request began the window
            window.update(count=F("count") + 1)
    return window.values_list("count", flat=True).get()


def purge_usage() -> int:
    """Delete windows that are long over; return how many."""
    old = UsageWindow.objects.filter(began_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
