"""Finding what does not fit together of imports and restores, and mending it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from bookbag.imports.projects.folders import (
    remove_attempts,
    remove_upload,
    upload_path,
)
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.lifecycle import end_import
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.retention import (
    WAITING,
    iter_forgotten_attempts,
    iter_forgotten_uploads,
)
from bookbag.imports.projects.states import ImportState
from bookbag.imports.restoring.jobs import RestoreJobs
from bookbag.imports.restoring.models import FOLDER_PREFIX, Restore, RestoreState
from bookbag.imports.restoring.services import give_up_waiting
from bookbag.jobs.inconsistencies import Inconsistency, find_forgotten


def find_import_inconsistencies() -> Iterator[Inconsistency]:
    """Yield everything that does not fit together of imports and restores."""
    yield from _find_uploads_without_rows()
    yield from _find_rows_without_uploads()
    yield from _find_archives_without_rows()
    yield from _find_rows_without_archives()
    yield from find_forgotten(ImportJobs(), "an import")
    yield from find_forgotten(RestoreJobs(), "a restore")


def _find_uploads_without_rows() -> Iterator[Inconsistency]:
    for import_id in iter_forgotten_uploads():
        yield Inconsistency(
            code="upload_without_row",
            message=f"Found an upload that no import needs, expected none: {import_id}",
            remedy="The upload is removed.",
            mend=partial(remove_upload, import_id),
        )
    for import_id, kept in iter_forgotten_attempts():
        yield Inconsistency(
            code="unpacked_without_row",
            message="Found what an attempt at an import unpacked and no project needs, "
            f"expected none: {import_id}",
            remedy="It is removed; what projects need stays.",
            mend=partial(remove_attempts, import_id, but=kept),
        )


def _find_rows_without_uploads() -> Iterator[Inconsistency]:
    for job in ProjectImport.objects.filter(state__in=WAITING).order_by("pk"):
        found = _measure(upload_path(job.pk))
        is_short = job.state == ImportState.CHECKED and found != job.size_bytes
        if found is None or is_short:
            yield Inconsistency(
                code="import_without_upload",
                message=f"Found {found or 0} bytes of an upload of {job.size_bytes} "
                f"that is {job.state}, expected what had arrived: {job.pk}",
                remedy="The import is given up, so that its owner can begin again.",
                mend=partial(
                    end_import,
                    job,
                    ImportState.EXPIRED,
                    {"finished_at": timezone.now()},
                ),
            )


def _find_archives_without_rows() -> Iterator[Inconsistency]:
    uploads = Path(settings.BOOKBAG_UPLOADS)
    needed = {
        restore.path
        for restore in Restore.objects.filter(is_archive_ours=True)
        if restore.is_active or restore.state == RestoreState.CHECKED
    }
    for path in sorted(uploads.glob(f"{FOLDER_PREFIX}*")):
        if path not in needed and _is_ours(path):
            yield Inconsistency(
                code="archive_without_restore",
                message="Found an archive that no restore needs, expected none: "
                f"{path.name!r}",
                remedy="The archive is removed.",
                mend=partial(path.unlink, missing_ok=True),
            )


def _find_rows_without_archives() -> Iterator[Inconsistency]:
    for restore in Restore.objects.filter(state=RestoreState.CHECKED).order_by("pk"):
        if not restore.path.is_file():
            yield Inconsistency(
                code="restore_without_archive",
                message="Found no archive of a restore that waits for an approval, "
                f"expected one: {restore.pk}",
                remedy="The restore is cancelled, so that somebody can begin again.",
                mend=partial(give_up_waiting, restore),
            )


def _measure(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _is_ours(path: Path) -> bool:
    try:
        UUID(path.name.removeprefix(FOLDER_PREFIX))
    except ValueError:
        return False  # somebody put it there, and may want it
    return path.is_file()
