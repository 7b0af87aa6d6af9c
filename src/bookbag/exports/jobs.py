"""Working on an export: from the claim to the published file, or to a clear failure.

The path of one job: claim -> check the right -> produce (staged) -> publish -> open
again and compare -> step to ready. Whatever interrupts it, the row says where it is,
and another worker begins again with the same snapshot.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from bagkit.archive import EarlierWork
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    READ_ALL,
    READING,
    Product,
    ProductionContext,
)
from bookbag.exports.catalogue.options import ENCRYPT_TO, PSEUDONYMISE
from bookbag.exports.encrypting import encrypt_product
from bookbag.exports.errors import RightEndedError
from bookbag.exports.history import note_event
from bookbag.exports.lifecycle import step_export
from bookbag.exports.limits import check_room, estimate_staged, watch_room
from bookbag.exports.models import Export, ExportReceipt, ExportRequester
from bookbag.exports.publishing import Publication, discard_attempt, withdraw
from bookbag.exports.selectors import may_access, scope_of
from bookbag.exports.states import EXPORT_JOB, ExportState, get_transition
from bookbag.exports.storage import (
    LocalStorage,
    Storage,
    delete_published,
    get_storage,
)
from bookbag.exports.turns import choose_export, is_quick_export, may_start
from bookbag.jobs.errors import LeaseLostError
from bookbag.jobs.leases import Claim, LeaseKeeper, claim_job
from bookbag.jobs.working import JobKind


class ExportJobs(JobKind[Export]):
    """Compiling exports and publishing their files."""

    name = EXPORT_JOB

    def jobs(self) -> QuerySet[Export]:
        """Return all exports with what they are about."""
        return Export.objects.select_related(
            "workspace",
            "course__workspace",
            "assignment",
            "subject",
            "project",
            "requested_by",
        )

    def claim(self, job_id: UUID, worker: str) -> Claim[Export] | None:
        """Claim an export, keep the time of its snapshot, and write its history."""
        snapshot = {"snapshot_at": Coalesce("snapshot_at", Now())}
        with transaction.atomic():
            if not self._may_claim(job_id):
                return None
            claim = claim_job(self.jobs(), job_id, worker, snapshot)
            if claim is not None:
                step = get_transition(claim.before, ExportState.RUNNING)
                note_event(claim.job, step.event, detail=worker)
        return claim

    def choose(self, job_id: UUID, *, only_quick: bool) -> UUID | None:
        """Return the export whose turn it is, whichever a worker was woken for."""
        return choose_export(only_quick=only_quick)

    def is_quick(self, job_id: UUID) -> bool:
        """Answer whether an export takes seconds."""
        return is_quick_export(job_id)

    def work(self, claim: Claim[Export], keeper: LeaseKeeper[Export]) -> None:
        """Compile an export, publish its file, and compare what was published.

        Raises:
            RightEndedError: If nobody who asked may have it, before or after.
            DiskFloorError: If the disk has or gets too little room.
            StoredFileError: If the published file differs from what was written.
            LeaseLostError: If another worker has the export now.
        """
        export = claim.job
        definition = get_definition(export.identifier)
        recipient = export.options.get(ENCRYPT_TO, "")
        _check_right(export)
        check_room(expected_bytes=estimate_staged(export))
        storage = get_storage()
        with Publication(storage, claim, keeper) as publication:
            context = ProductionContext(
                export_id=str(export.pk),
                scope=scope_of(export),
                options=export.options,
                snapshot_at=export.snapshot_at or export.requested_at,
                staged=publication.staged,
                open_stream=_stage if recipient else publication.open_stream,
                on_progress=watch_room(keeper.report),
                earlier=_find_earlier_work(claim, storage),
            )
            product = definition.produce(context)
            if recipient:
                product = encrypt_product(product, publication.staged, recipient)
            _check_right(export)  # compiling takes long enough to lose it
            key = publication.publish(product)
        _finish(claim, product, storage, key)

    def _may_claim(self, job_id: UUID) -> bool:
        # One that was begun already has its place.
        begun = Export.objects.filter(pk=job_id, state=ExportState.RUNNING)
        return begun.exists() or may_start(job_id)

    def cancel(self, claim: Claim[Export]) -> None:
        """Step an export that somebody cancelled to its end."""
        changes: dict[str, object] = {"finished_at": timezone.now()}
        step_export(claim.job, ExportState.CANCELLED, changes=changes)

    def fail(self, claim: Claim[Export], code: str, sentence: str) -> None:
        """Step an export that is given up to its end."""
        changes: dict[str, object] = {
            "failure_code": code,
            "failure_sentence": sentence[:500],
            "finished_at": timezone.now(),
        }
        step_export(claim.job, ExportState.FAILED, changes=changes)

    def discard(self, claim: Claim[Export]) -> None:
        """Remove what an attempt staged, but not what the next one goes on with."""
        discard_attempt(get_storage(), claim)


def _find_earlier_work(claim: Claim[Export], storage: Storage) -> EarlierWork:
    export = claim.job
    before = Export.objects.filter(
        identifier=export.identifier,
        workspace=export.workspace,
        course=export.course,
        assignment=export.assignment,
        subject=export.subject,
        project=export.project,
        state=ExportState.READY,
    ).order_by("-finished_at")
    is_veiled = bool(export.options.get(PSEUDONYMISE))
    is_encrypted = bool(export.options.get(ENCRYPT_TO))
    kept = before.values_list("storage_key", "options")
    # Names must not come into an archive without any, nor pseudonyms into others.
    newest = next((key for key, chosen in kept if _is_open(chosen)), None)
    if is_veiled or export.options.get(READING) == READ_ALL:
        newest = None
    return EarlierWork(
        resume_from=[
            storage.stage_file(export.pk, attempt)
            for attempt in range(claim.attempt - 1, 0, -1)
        ],
        reuse=None if newest is None else _find_on_disk(storage, newest),
        # It says which folder of whom became which pseudonym's, and what is in files.
        keeps_index=not (is_veiled or is_encrypted),
    )


def _is_open(options: Mapping[str, str]) -> bool:
    return not (options.get(PSEUDONYMISE) or options.get(ENCRYPT_TO))


def _stage(_suffix: str, _workspaces: int) -> None:
    """Send nothing while it is written: it is not encrypted yet."""


def _find_on_disk(storage: Storage, key: str) -> Path | None:
    if not isinstance(storage, LocalStorage):
        return None
    try:
        with storage.open_file(key) as file:
            return Path(file.name)
    except OSError:
        return None  # it is packed anew


def _check_right(export: Export) -> None:
    # What it is about is read anew: it may have got another owner, or gone.
    current = ExportJobs().jobs().get(pk=export.pk)
    requesters = ExportRequester.objects.filter(export=export).select_related("person")
    if not any(may_access(requester.person, current) for requester in requesters):
        raise RightEndedError


def _finish(claim: Claim[Export], product: Product, storage: Storage, key: str) -> None:
    try:
        _check_right(claim.job)
    except RightEndedError:
        delete_published(storage, key)
        raise
    if not _complete(claim, product, key):
        withdraw(storage, key)
        raise LeaseLostError


def _complete(claim: Claim[Export], product: Product, key: str) -> bool:
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
        if not step_export(claim.job, ExportState.READY, changes=changes):
            return False
        if product.receipt is not None:
            numbers = product.receipt
            ExportReceipt.objects.create(
                export=claim.job,
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
