"""Taking in the bytes of an upload, from where an earlier request broke off.

The file on disk is the truth: what has arrived is what it holds. One request at a time
writes to it, by a lock that the system gives back when a process dies.

Source: ADR 0082.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbag.domain.people.models import User, Workspace
from bookbag.imports.errors import (
    UploadBusyError,
    UploadChecksumError,
    UploadError,
    UploadOffsetError,
    UploadTooLargeError,
)
from bookbag.imports.projects.allowances import check_upload_size, find_allowance
from bookbag.imports.projects.folders import make_private_folder, upload_path
from bookbag.imports.projects.lifecycle import step_import
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.states import IMPORT_JOB, ImportState
from bookbag.jobs.wakeup import wake_worker

READ_BYTES = 1 << 20
NAME_CHARACTERS = 255


class Digest(Protocol):
    """What ``hashlib`` makes."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""


def begin_upload(
    *, person: User, workspace: Workspace, file_name: str, size_bytes: int
) -> ProjectImport:
    """Begin an import with an announced file, or refuse it before the first byte.

    Raises:
        UploadTooLargeError: If there is no room for it.
    """
    with transaction.atomic():
        lock_quota(person, workspace)
        check_upload_size(find_allowance(person, workspace), size_bytes)
        job = ProjectImport.objects.create(
            owner=person,
            workspace=workspace,
            file_name=_clean_name(file_name),
            size_bytes=size_bytes,
            expires_at=next_expiry(),
        )
    path = upload_path(job.pk)
    make_private_folder(path.parent)
    path.touch(mode=0o600)
    if not size_bytes:
        _finish(job)
    return job


def lock_quota(person: User, workspace: Workspace) -> None:
    """Let nobody else count against the same quotas until the transaction ends."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    User.objects.select_for_update().get(pk=person.pk)


def next_expiry() -> datetime:
    """Return when an upload is given up that nobody goes on with from now."""
    return timezone.now() + timedelta(hours=settings.BOOKBAG_UPLOAD_HOURS)


def count_received(job: ProjectImport) -> int:
    """Return how many bytes of an upload have arrived."""
    if job.state != ImportState.UPLOADING:
        return job.size_bytes
    try:
        return upload_path(job.pk).stat().st_size
    except FileNotFoundError:
        return 0


def receive(
    job: ProjectImport,
    source: BinaryIO,
    *,
    offset: int,
    checksum: tuple[Digest, bytes] | None = None,
) -> int:
    """Append what a request brings to an upload; the last byte lets a worker begin.

    What arrived before the source broke off is kept, unless a checksum was to be
    compared.

    Args:
        job: The import.
        source: The bytes, until it ends.
        offset: Where the sender believes the upload to stand.
        checksum: A new digest, and what it has to be in the end.

    Returns:
        Where the upload stands now.

    Raises:
        UploadBusyError: If another request is writing.
        UploadOffsetError: If it stands elsewhere.
        UploadTooLargeError: If there is more than was announced.
        UploadChecksumError: If the checksum differs; nothing of it is kept.
        OSError: If the source broke off, or the disk refuses.
    """
    if job.state != ImportState.UPLOADING:
        message = f"Found an upload that is {job.state}, expected one that goes on"
        raise UploadError(message)
    with _locked(job) as file:
        stands_at = file.seek(0, os.SEEK_END)
        if stands_at != offset:
            message = f"Found offset {offset}, expected {stands_at}"
            raise UploadOffsetError(message)
        try:
            _append(file, source, job.size_bytes - offset, checksum)
        except (UploadTooLargeError, UploadChecksumError):
            file.truncate(offset)
            raise
        except OSError:
            if checksum is not None:
                file.truncate(offset)
            raise
        finally:
            received = file.seek(0, os.SEEK_END)
            ProjectImport.objects.filter(pk=job.pk).update(expires_at=next_expiry())
        if received == job.size_bytes:
            os.fsync(file.fileno())
            _finish(job)
    return received


def _append(
    file: BinaryIO,
    source: BinaryIO,
    room: int,
    checksum: tuple[Digest, bytes] | None,
) -> None:
    while piece := source.read(READ_BYTES):
        room -= len(piece)
        if room < 0:
            message = "Found more bytes than were announced, expected no more"
            raise UploadTooLargeError(message)
        if checksum is not None:
            checksum[0].update(piece)
        file.write(piece)
    if checksum is not None and checksum[0].digest() != checksum[1]:
        raise UploadChecksumError


@contextmanager
def _locked(job: ProjectImport) -> Iterator[BinaryIO]:
    try:
        file = upload_path(job.pk).open("r+b", buffering=0)
    except FileNotFoundError as error:
        message = "Found nothing of the upload any more: begin again"
        raise UploadError(message) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusyError from error
        yield file


def _finish(job: ProjectImport) -> None:
    if step_import(job, ImportState.UPLOADED, {"woken_at": timezone.now()}):
        transaction.on_commit(lambda: wake_worker(IMPORT_JOB, job.pk))


def _clean_name(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable()).strip()
    return shown[:NAME_CHARACTERS] or "upload"
