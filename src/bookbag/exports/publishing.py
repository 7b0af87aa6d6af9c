"""Where what one attempt at an export produces goes, until it is published.

On a folder it is a staged file. On an object store an archive is sent while it is
written, and everything else is staged and sent.

Source: ADR 0007, ADR 0124.
"""

import contextlib
import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from bagkit.archive import ArchiveStream, discard_parts, index_of
from bagkit.archive.shards import count_per_shard
from bagkit.packing.handed_digest import can_hand_on
from bookbag.exports.catalogue.definition import Product
from bookbag.exports.errors import StoredFileError
from bookbag.exports.models import Export
from bookbag.exports.shards import ShardedUpload, remove_shards
from bookbag.exports.states import ExportState
from bookbag.exports.storage import (
    LocalStorage,
    SharedStorage,
    Storage,
    StreamingStorage,
    Upload,
    delete_published,
    format_index_key,
    format_key,
)
from bookbag.jobs.leases import Claim, LeaseKeeper

READ_BYTES = 1 << 20


class Publication:
    """The way of one attempt's product into the storage.

    Invariants: a context manager, used by one thread. When it is left nothing is being
    sent; what was sent of an unfinished file stays until ``discard_attempt``.
    """

    def __init__(
        self, storage: Storage, claim: Claim[Export], keeper: LeaseKeeper[Export]
    ) -> None:
        self._storage = storage
        self._claim = claim
        self._keeper = keeper
        self._upload: Upload | None = None
        self._open = contextlib.ExitStack()
        self.staged = storage.stage_file(claim.job.pk, claim.attempt)
        """The file to write what is not sent at once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def open_stream(self, suffix: str, workspaces: int) -> ArchiveStream | None:
        """Begin an archive that is sent while it is written; None where it is staged.

        Args:
            suffix: The end of its name.
            workspaces: How many it will have: many are packed by several workers.
        """
        storage, key = self._storage, self._key(suffix)
        staged_bytes = settings.BOOKBAG_STREAM_BYTES
        size = count_per_shard(workspaces, settings.BOOKBAG_SHARD_WORKSPACES)
        if size and isinstance(storage, SharedStorage) and can_hand_on():
            shared = ShardedUpload(
                storage, self._claim.job, key, self._keeper.check, size
            )
            self._upload = self._open.enter_context(shared)
            return ArchiveStream(
                sink=shared, staged_bytes=staged_bytes, elsewhere=shared
            )
        if isinstance(storage, StreamingStorage):
            upload = storage.open_upload(key, self._keeper.check)
            self._upload = self._open.enter_context(upload)
            return ArchiveStream(sink=upload, staged_bytes=staged_bytes)
        return None

    def publish(self, product: Product) -> str:
        """Make the product visible, compare it, and return its key.

        Raises:
            StoredFileError: If the published file differs from what was written.
        """
        if self._upload is not None:
            key = self._upload.complete()
        else:
            key = self._storage.publish_file(
                self.staged, self._key(Path(product.file_name).suffix),
                self._keeper.check,
            )  # fmt: skip
            if index_of(self.staged).exists():
                self._storage.publish_file(index_of(self.staged), format_index_key(key))
        check_stored(self._storage, key, product)
        return key

    def _key(self, suffix: str) -> str:
        return format_key(self._claim.job.pk, self._claim.attempt, suffix)


def withdraw(storage: Storage, key: str) -> None:
    """Take back a published file for which the lease was lost meanwhile.

    In an object store it stays: whoever took the export over may have gone on with
    the same upload. The sweep removes what nobody needs.
    """
    if isinstance(storage, LocalStorage):
        delete_published(storage, key)


def discard_attempt(storage: Storage, claim: Claim[Export]) -> None:
    """Remove what an attempt left, but not what the next one goes on with."""
    staged = storage.stage_file(claim.job.pk, claim.attempt)
    storage.delete_file(f"staged/{staged.name}")
    storage.delete_file(f"staged/{index_of(staged).name}")
    running = Export.objects.filter(pk=claim.job.pk, state=ExportState.RUNNING)
    if not isinstance(storage, StreamingStorage):
        if not running.filter(attempt=claim.attempt).exists():
            discard_parts(staged)  # otherwise the next attempt takes them over
        return
    discard_parts(staged)
    if not running.exists():  # otherwise somebody goes on with what was sent
        remove_shards(storage, claim.job)
        storage.abort_uploads(claim.job.pk)


def check_stored(storage: Storage, key: str, product: Product) -> None:
    """Compare a published file with what was written.

    Raises:
        StoredFileError: If it differs; then it is deleted.
    """
    digest = hashlib.sha256()
    size_bytes = 0
    with storage.open_file(key) as file:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
    if (size_bytes, digest.hexdigest()) != (product.size_bytes, product.sha256):
        delete_published(storage, key)
        message = (
            f"Found {size_bytes} stored bytes, expected {product.size_bytes} with "
            f"another digest: {key!r}"
        )
        raise StoredFileError(message)
