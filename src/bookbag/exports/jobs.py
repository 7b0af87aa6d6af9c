"""Working on an export: from the claim to the published file, or to a clear failure.

The path of one job: claim -> check the right -> produce (staged) -> publish -> open
again and compare -> step to ready. Whatever interrupts it, the row says where it is,
and another worker begins again with the same snapshot.
"""

import hashlib
import logging
import os
import socket
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bagkit.archive import EarlierWork, discard_parts, index_of
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READING,
    Product,
    ProductionContext,
)
from bookbag.exports.errors import (
    AttemptsUsedUpError,
    ExportCancelledError,
    LeaseLostError,
    PermanentExportError,
    RightEndedError,
    StoredFileError,
    WorkerStoppingError,
)
from bookbag.exports.leases import (
    Claim,
    LeaseKeeper,
    claim_export,
    mark_stalled,
    release_claim,
)
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export, ExportReceipt, ExportRequester
from bookbag.exports.selectors import may_access, scope_of
from bookbag.exports.states import ExportState
from bookbag.exports.storage import (
    Storage,
    delete_published,
    format_index_key,
    format_key,
    get_storage,
)
from bookbag.exports.wakeup import wake_worker

logger = logging.getLogger(__name__)

READ_BYTES = 1 << 20
BACK_OFF_SECONDS = (5, 30, 120, 600)
"""How long an interrupted export waits before each further attempt."""

STOPPING = threading.Event()
"""Set when this worker process is being stopped; running jobs give their claim back."""


def name_worker() -> str:
    """Return a name that tells this worker from others: host, process, thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"


def run_export(export_id: UUID) -> None:
    """Work on an export if nobody else does; the one entry point of every worker.

    Never raises for what can go wrong with an export: the outcome is in its row.
    """
    claim = claim_export(export_id, name_worker())
    if claim is None:
        return
    try:
        with LeaseKeeper(claim, STOPPING) as keeper:
            _work(claim, keeper)
    except LeaseLostError:
        logger.warning("Export %s was taken over by another worker", export_id)
    except ExportCancelledError:
        step_export(
            claim.export, ExportState.CANCELLED, changes={"finished_at": timezone.now()}
        )
    except PermanentExportError as error:
        logger.warning("Export %s failed: %s", export_id, error)
        _fail(claim, error.code, str(error))
    except WorkerStoppingError as error:
        release_claim(claim, wait_seconds=0, reason=str(error))
    except Exception as error:
        logger.exception("Export %s was interrupted", export_id)
        _try_again_later(claim, error)
    finally:
        _discard_staged(claim)


def take_over_stalled() -> int:
    """Wake a worker for every export that nobody works on: stalled, or never woken.

    Safe in many workers at once, and when two of them wake the same export: it is
    claimed by one.

    Returns:
        How many exports were found.
    """
    stalled = mark_stalled()
    for export_id in stalled:
        logger.warning("Export %s is stalled; waking a worker for it", export_id)
        wake_worker(export_id)
    return len(stalled)


def _work(claim: Claim, keeper: LeaseKeeper) -> None:
    export = claim.export
    definition = get_definition(export.identifier)
    if export.cancel_requested_at is not None:
        raise ExportCancelledError
    if claim.attempt > settings.BOOKBAG_MAX_ATTEMPTS:
        raise AttemptsUsedUpError
    if not _has_permitted_requester(export):
        raise RightEndedError
    storage = get_storage()
    staged = storage.stage_file(export.pk, claim.attempt)
    product = definition.produce(
        ProductionContext(
            export_id=str(export.pk),
            scope=scope_of(export),
            options=export.options,
            snapshot_at=claim.snapshot_at,
            staged=staged,
            on_progress=keeper.report,
            earlier=_find_earlier_work(claim, storage),
        )
    )
    key = format_key(export.pk, claim.attempt, Path(product.file_name).suffix)
    storage.publish_file(staged, key)
    if index_of(staged).exists():
        storage.publish_file(index_of(staged), format_index_key(key))
    _check_stored(storage, key, product)
    if not _complete(claim, product, key):
        delete_published(storage, key)
        raise LeaseLostError


def _find_earlier_work(claim: Claim, storage: Storage) -> EarlierWork:
    export = claim.export
    before = Export.objects.filter(
        identifier=export.identifier,
        workspace=export.workspace,
        course=export.course,
        assignment=export.assignment,
        subject=export.subject,
        state=ExportState.READY,
    ).order_by("-finished_at")
    newest = before.values_list("storage_key", flat=True).first()
    if export.options.get(READING) == READ_ALL:
        newest = None
    return EarlierWork(
        resume_from=[
            storage.stage_file(export.pk, attempt)
            for attempt in range(claim.attempt - 1, 0, -1)
        ],
        reuse=None if newest is None else _find_on_disk(storage, newest),
        keeps_index=True,
    )


def _find_on_disk(storage: Storage, key: str) -> Path | None:
    try:
        with storage.open_file(key) as file:
            return Path(file.name)
    except OSError:
        return None  # it is packed anew


def _has_permitted_requester(export: Export) -> bool:
    requesters = ExportRequester.objects.filter(export=export).select_related("person")
    return any(may_access(requester.person, export) for requester in requesters)


def _check_stored(storage: Storage, key: str, product: Product) -> None:
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


def _complete(claim: Claim, product: Product, key: str) -> bool:
    finished_at = timezone.now()
    changes: dict[str, object] = {
        "storage_key": key,
        "file_name": product.file_name,
        "media_type": product.media_type,
        "size_bytes": product.size_bytes,
        "sha256": product.sha256,
        "problem_count": product.problem_count,
        "finished_at": finished_at,
        "expires_at": finished_at + timedelta(days=settings.BOOKBAG_LINK_DAYS),
        "failure_code": "",
        "failure_sentence": "",
        **_final_progress(product),
    }
    with transaction.atomic():
        if not step_export(claim.export, ExportState.READY, changes=changes):
            return False
        if product.receipt is not None:
            numbers = product.receipt
            ExportReceipt.objects.create(
                export=claim.export,
                document=numbers.document,
                expected=numbers.expected,
                present=numbers.present,
                empty=numbers.empty,
                excluded=numbers.excluded,
                failed=numbers.failed,
                file_count=numbers.file_count,
                payload_bytes=numbers.payload_bytes,
            )
    return True


def _final_progress(product: Product) -> dict[str, int]:
    # The last heartbeat came before the end, or never on a small export.
    numbers = product.receipt
    members = 1 if numbers is None else numbers.file_count
    payload = product.size_bytes if numbers is None else numbers.payload_bytes
    return {
        "members_done": members,
        "members_total": members,
        "bytes_done": payload,
        "bytes_total": payload,
    }


def _try_again_later(claim: Claim, error: Exception) -> None:
    code = getattr(error, "code", "export_interrupted")
    if claim.attempt >= settings.BOOKBAG_MAX_ATTEMPTS:
        _fail(claim, code, f"{AttemptsUsedUpError()} The last reason: {error}")
        return
    wait = BACK_OFF_SECONDS[min(claim.attempt, len(BACK_OFF_SECONDS)) - 1]
    release_claim(claim, wait_seconds=wait, reason=str(error))


def _fail(claim: Claim, code: str, sentence: str) -> None:
    changes: dict[str, object] = {
        "failure_code": code,
        "failure_sentence": sentence[:500],
        "finished_at": timezone.now(),
    }
    step_export(claim.export, ExportState.FAILED, changes=changes)


def _discard_staged(claim: Claim) -> None:
    storage = get_storage()
    staged = storage.stage_file(claim.export.pk, claim.attempt)
    storage.delete_file(f"staged/{staged.name}")
    storage.delete_file(f"staged/{index_of(staged).name}")
    goes_on = Export.objects.filter(
        pk=claim.export.pk, state=ExportState.RUNNING, attempt=claim.attempt
    )
    if not goes_on.exists():  # otherwise the next attempt takes it from there
        discard_parts(staged)
