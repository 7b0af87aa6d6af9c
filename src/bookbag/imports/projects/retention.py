"""Removing what nobody goes on with, and what belongs to no import.

Each sweep may run twice, or in two workers at once, without harm: the row is stepped
first, by whoever is first, and removing what is gone is no error.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from bookbag.domain.courses.models import Project
from bookbag.imports.projects.folders import (
    IMPORTED,
    remove_attempts,
    remove_upload,
)
from bookbag.imports.projects.lifecycle import end_import
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import FINAL_STATES, ImportState

logger = logging.getLogger(__name__)

WAITING = (ImportState.UPLOADING, ImportState.CHECKED)
"""What waits for a person, and not for a worker."""


def sweep_imports() -> int:
    """Give up imports that nobody goes on with, and remove files without an import.

    Returns:
        How many imports were given up.
    """
    due = ProjectImport.objects.filter(
        state__in=WAITING, expires_at__lte=timezone.now()
    )
    expired = sum(
        end_import(job, ImportState.EXPIRED, {"finished_at": timezone.now()})
        for job in due
    )
    _remove_forgotten()
    return expired


def iter_forgotten_uploads() -> Iterator[UUID]:
    """Yield the imports whose uploads are here and that need none any more."""
    found = set(_iter_ids(Path(settings.BOOKBAG_UPLOADS)))
    yield from found - _list_active()


def iter_forgotten_attempts() -> Iterator[tuple[UUID, int | None]]:
    """Yield the imports of which more is unpacked than projects need.

    Shape: the import, and the attempt that a project needs, if one does.
    """
    imported = Path(settings.BOOKBAG_WORKSPACES) / IMPORTED
    found = set(_iter_ids(imported))
    for import_id in found - _list_active():
        # A project keeps the folder of the attempt that made it, and only that.
        start = f"{imported / str(import_id)}/"
        kept = Project.objects.filter(files_folder__startswith=start).first()
        but = "" if kept is None else Path(kept.files_folder).parent.name
        names = [path.name for path in (imported / str(import_id)).iterdir()]
        if names != [but]:
            yield import_id, int(but) if but else None


def _remove_forgotten() -> None:
    for import_id in iter_forgotten_uploads():
        logger.info("Removing an upload that no import needs: %s", import_id)
        remove_upload(import_id)
    for import_id, kept in iter_forgotten_attempts():
        remove_attempts(import_id, but=kept)


def _list_active() -> set[UUID]:
    goes_on = ProjectImport.objects.exclude(state__in=FINAL_STATES)
    return set(goes_on.values_list("pk", flat=True))


def _iter_ids(folder: Path) -> Iterator[UUID]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            yield UUID(path.name)
        except ValueError:
            continue  # not ours: somebody put it there, and may want it
