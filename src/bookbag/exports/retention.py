"""Removing what has had its time: expired files and files that belong to nothing.

Each sweep may run twice, or in two workers at once, without harm: the row is stepped
first, by whoever is first, and deleting a file that is gone is no error.
"""

import logging
from collections.abc import Iterator

from django.utils import timezone

from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import (
    STAGED,
    Storage,
    delete_published,
    get_storage,
    parse_key,
)

logger = logging.getLogger(__name__)


def sweep_expired() -> int:
    """Remove the files of exports whose time is over, and keep the rows.

    A file that the storage refuses to delete is tried again at the next sweep.

    Returns:
        How many files were removed.
    """
    due = Export.objects.filter(state=ExportState.READY, expires_at__lte=timezone.now())
    for export in due:
        step_export(export, ExportState.EXPIRED)
    gone = Export.objects.filter(
        state=ExportState.EXPIRED, removed_at__isnull=True
    ).exclude(storage_key="")
    storage = get_storage()
    return sum(_remove_file(storage, export) for export in gone)


def remove_orphans() -> int:
    """Remove staged and published files that no export needs.

    Returns:
        How many files were removed.
    """
    storage = get_storage()
    orphans = list(iter_orphans())
    for key in orphans:
        logger.info("Removing %s, which no export needs", key)
        storage.delete_file(key)
    return len(orphans)


def iter_orphans() -> Iterator[str]:
    """Yield the keys of files that are ours and that no export needs."""
    for key in get_storage().iter_keys():
        if not _is_needed(key):
            yield key


def _remove_file(storage: Storage, export: Export) -> bool:
    try:
        delete_published(storage, export.storage_key)
    except OSError:
        logger.exception("The file of export %s could not be removed", export.pk)
        return False
    Export.objects.filter(pk=export.pk).update(removed_at=timezone.now())
    return True


def _is_needed(key: str) -> bool:
    named = parse_key(key)
    if named is None:
        return True  # not ours: somebody put it there, and may want it
    export_id, attempt = named
    export = Export.objects.filter(pk=export_id).first()
    if export is None:
        return False
    if export.state == ExportState.RUNNING:
        # What an earlier attempt uploaded may be what this one goes on with.
        is_later = attempt < export.attempt and not key.startswith(f"{STAGED}/")
        return export.attempt == attempt or is_later
    return (
        export.storage_key == key.removesuffix(".index") and export.removed_at is None
    )
