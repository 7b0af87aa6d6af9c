"""Whether this process can do its work at this moment."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from bookbag.exports.checks import use_storage


def find_unready() -> list[str]:
    """Return the names of what does not answer: database, queue, storage.

    Never raises, and says nothing of the reason: that is for the log and for
    ``bookbag check``, not for whoever asks over the network.
    """
    probes: dict[str, Callable[[], object]] = {
        "database": _ask_database,
        "queue": lambda: import_string(settings.BOOKBAG_QUEUE_PROBE)(),
        "storage": use_storage,
    }
    return [name for name, probe in probes.items() if not _answers(probe)]


def _ask_database() -> None:
    with connection.cursor() as cursor:
        # A table of ours: a database without tables cannot serve a page either.
        cursor.execute("SELECT 1 FROM exports_export LIMIT 1")


def _answers(probe: Callable[[], object]) -> bool:
    try:
        probe()
    except Exception:  # a probe answers whatever a library raises
        return False
    return True
