"""Finding what does not fit together: rows, files and mails, and mending it.

Each check looks at one kind of inconsistency and says of each case what was found,
what it means and what mending does. Mending uses the same functions that workers use,
so that it is safe while they run, and nothing that may be needed is ever removed.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from bookbag.domain.courses.models import Project
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.lifecycle import step_export
from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.outbox import OutboxState
from bookbag.exports.publishing import READ_BYTES
from bookbag.exports.retention import iter_orphans, sweep_expired
from bookbag.exports.states import ExportState
from bookbag.exports.storage import delete_published, get_storage
from bookbag.jobs.inconsistencies import Inconsistency, find_forgotten
from bookbag.trees.locating import open_store

OVERDUE_MAIL = timedelta(minutes=10)


def find_inconsistencies(*, reads_files: bool = True) -> Iterator[Inconsistency]:
    """Yield everything that does not fit together.

    Args:
        reads_files: Also read every published file and compare its digest, which
            takes as long as reading them all takes.
    """
    yield from _find_orphans()
    yield from _find_broken_files(reads_files=reads_files)
    yield from _find_unswept()
    yield from find_forgotten(ExportJobs(), "an export")
    yield from _find_late_mails()
    yield from _find_lost_workspaces()
    if reads_files:
        yield from _find_lost_addresses()


def _find_orphans() -> Iterator[Inconsistency]:
    storage = get_storage()
    for key in iter_orphans():
        yield Inconsistency(
            code="file_without_row",
            message=f"Found a file that no export needs, expected none: {key!r}",
            remedy="The file is removed.",
            mend=partial(storage.delete_file, key),
        )


def _find_broken_files(*, reads_files: bool) -> Iterator[Inconsistency]:
    ready = Export.objects.filter(
        state=ExportState.READY, expires_at__gt=timezone.now()
    )
    for export in ready.order_by("pk"):
        found = _inspect_file(export, reads_files=reads_files)
        if found is not None:
            code, message = found
            yield Inconsistency(
                code=code,
                message=f"{message}: export {export.pk} of {export.scope_name!r}",
                remedy="The export is marked as expired, so that its page offers a "
                "new one; what is left of the file is removed.",
                mend=partial(_retire, export, message),
            )


def _inspect_file(export: Export, *, reads_files: bool) -> tuple[str, str] | None:
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with get_storage().open_file(export.storage_key) as file:
            while reads_files and (chunk := file.read(READ_BYTES)):
                digest.update(chunk)
                size_bytes += len(chunk)
    except OSError as error:
        return "row_without_file", f"Found no file that can be read ({error.strerror})"
    if reads_files and size_bytes != export.size_bytes:
        found = f"Found {size_bytes} stored bytes, expected {export.size_bytes}"
        return "size_differs", found
    if reads_files and digest.hexdigest() != export.sha256:
        return "digest_differs", "Found a file with another SHA-256 than its row says"
    return None


def _retire(export: Export, detail: str) -> None:
    if step_export(export, ExportState.EXPIRED, detail=f"Doctor: {detail}"):
        delete_published(get_storage(), export.storage_key)
        Export.objects.filter(pk=export.pk).update(removed_at=timezone.now())


def _find_unswept() -> Iterator[Inconsistency]:
    # The sweep runs once a minute; what it left for longer, it could not remove.
    due = timezone.now() - timedelta(minutes=5)
    kept = Export.objects.filter(
        state__in=(ExportState.READY, ExportState.EXPIRED),
        expires_at__lt=due,
        removed_at__isnull=True,
    ).exclude(storage_key="")
    for export in kept.order_by("pk"):
        yield Inconsistency(
            code="expired_file_kept",
            message=f"Found the file of an export that expired at "
            f"{export.expires_at:%Y-%m-%d %H:%M} UTC, expected it to be gone: "
            f"{export.pk}",
            remedy="The sweep runs now. If it stays: see that a worker runs, and that "
            "it may delete files.",
            mend=sweep_expired,
        )


def _find_late_mails() -> Iterator[Inconsistency]:
    late = MailMessage.objects.filter(
        state=OutboxState.WAITING, due_at__lt=timezone.now() - OVERDUE_MAIL
    )
    for mail in late.order_by("pk"):
        yield Inconsistency(
            code="mail_is_late",
            message=f"Found a mail that was due at {mail.due_at:%Y-%m-%d %H:%M} UTC, "
            f"expected it to be on its way: {mail.kind} of export {mail.export_id}",
            remedy="It is sent now. If it stays: see that a worker runs, and run "
            "`bookbag check` for the mail server.",
            mend=deliver_waiting_mails,
        )


def _find_lost_workspaces() -> Iterator[Inconsistency]:
    own = Path(settings.BOOKBAG_WORKSPACES).resolve()
    for pk, folder in Project.objects.values_list("pk", "files_folder").iterator():
        if Path(folder).is_relative_to(own) and not Path(folder).is_dir():
            yield _describe_lost(pk, folder)


def _find_lost_addresses() -> Iterator[Inconsistency]:
    store = open_store()
    stored = Project.objects.filter(files_folder__startswith="s3://")
    for pk, address in stored.values_list("pk", "files_folder").iterator():
        if store is None or not store.has_files(address):
            yield _describe_lost(pk, address)


def _describe_lost(pk: int, place: str) -> Inconsistency:
    return Inconsistency(
        code="workspace_is_gone",
        message=f"Found no files of project {pk}, expected {place!r}",
        remedy="Bring them back from a backup; until then exports count the workspace "
        "as failed and say so.",
    )
