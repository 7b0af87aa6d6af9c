"""The port to the queue: tell a worker that a job waits.

The queue only carries kinds and ids. When it is down nothing is lost: the job's row
says that it waits, and the periodic takeover finds it (ADR 0004).
"""

import logging
from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


def wake_worker(kind: str, job_id: UUID) -> None:
    """Send a job's kind and id to whatever ``BOOKBAG_WAKE_UP`` names; never raise."""
    try:
        # Importing may connect already, as the queue on PostgreSQL does.
        send = cast(
            "Callable[[str, str], None]", import_string(settings.BOOKBAG_WAKE_UP)
        )
        send(kind, str(job_id))
    except Exception:
        # Any queue library may raise anything here; the person who asked must not
        # see it, because the takeover will find the job within seconds.
        logger.exception("No wake-up was sent for %s %s", kind, job_id)
