"""The port to the queue: tell a worker that an export waits.

The queue only carries ids. When it is down nothing is lost: the export row says
``queued``, and the periodic takeover finds it (ADR 0004).
"""

import logging
from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


def wake_worker(export_id: UUID) -> None:
    """Send the export's id to whatever ``BOOKBAG_WAKE_UP`` names; never raise."""
    try:
        # Importing may connect already, as the queue on PostgreSQL does.
        send = cast("Callable[[str], None]", import_string(settings.BOOKBAG_WAKE_UP))
        send(str(export_id))
    except Exception:
        # Any queue library may raise anything here; the person who asked must not
        # see it, because the takeover will find the export within seconds.
        logger.exception("No wake-up was sent for export %s", export_id)
