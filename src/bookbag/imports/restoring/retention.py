"""Giving up restores that were looked at and that nobody approves.

The sweep may run twice, or in two workers at once, without harm: the row is stepped
first, by whoever is first, and removing what is gone is no error.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from bookbag.imports.restoring.models import Restore, RestoreState
from bookbag.imports.restoring.services import give_up_waiting


def sweep_restores() -> int:
    """Give up restores whose check nobody goes on with, and remove their uploads.

    Returns:
        How many restores were given up.
    """
    # The last sign of life of a restore that waits for a person is of its check.
    until = timezone.now() - timedelta(hours=settings.BOOKBAG_UPLOAD_HOURS)
    due = Restore.objects.filter(state=RestoreState.CHECKED, heartbeat_at__lte=until)
    return sum(give_up_waiting(restore) for restore in due)
