"""What periodic tasks did last, for those who watch over a site."""

import logging
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.utils import timezone

from bookbag.exports.models import PeriodicRun

logger = logging.getLogger(__name__)


def run_periodic(name: str, work: Callable[[], object]) -> None:
    """Run a periodic task and write down when, and what went wrong.

    Several workers may run the same task at once; the row tells of the last.

    Raises:
        Exception: Whatever the task raises, after it was written down.
    """
    started_at = timezone.now()
    try:
        work()
    except Exception as error:
        _note(name, started_at=started_at, failure=f"{type(error).__name__}: {error}")
        raise
    _note(name, started_at=started_at, finished_at=timezone.now(), failure="")


def _note(name: str, *, failure: str, **times: object) -> None:
    try:
        PeriodicRun.objects.update_or_create(
            name=name, defaults={**times, "failure": failure[:300]}
        )
    except DatabaseError:
        logger.exception("The run of %s was not written down", name)
