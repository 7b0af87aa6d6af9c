"""Packing a shard of an export: what each of several workers does for one archive.

Packing goes on beside the other shards; then the shard waits for the baton of the one
before, which is what the archive's bytes so far come to, and hands its own on.

Source: ADR 0125.
"""

import marshal
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from bagkit.archive import Progress
from bagkit.archive.shards import (
    Baton,
    PackedNote,
    decode_shard,
    encode_shard,
    hand_on_shard,
    pack_shard,
)
from bagkit.packing.pool import PackedPart, PackingTask
from bookbag.exports.errors import ShardFailedError
from bookbag.exports.limits import check_room, watch_room
from bookbag.exports.models import ExportShard
from bookbag.exports.states import SHARD_JOB, ExportState, ShardState
from bookbag.exports.storage import (
    SharedStorage,
    Storage,
    UploadPlace,
    format_key,
    get_storage,
)
from bookbag.jobs.errors import LeaseLostError
from bookbag.jobs.leases import Claim, LeaseKeeper, list_claimable, step_job
from bookbag.jobs.working import JobKind, run_job
from bookbag.trees.locating import make_tree_opener

LOOK_SECONDS = 0.2
"""How often a worker that waits for another looks whether it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a shard tells the next one and the export."""

    end: Baton
    notes: list[PackedNote]
    tags: dict[int, str]
    """The parts of the upload that it sent."""
    carried: bytes
    """The end of its bytes, which is too little for a part."""

    def encode(self) -> bytes:
        """Return it as bytes."""
        shard = encode_shard(self.end, self.notes)
        return marshal.dumps((shard, self.tags, self.carried))


def read_outcome(storage: Storage, shard: ExportShard) -> Outcome:
    """Return what came of a shard that is ready.

    Raises:
        OSError: If the storage does not give it.
    """
    with storage.open_file(shard.outcome_key) as file:
        content, tags, carried = marshal.loads(file.read())  # noqa: S302 - our own
    end, notes = decode_shard(content)
    return Outcome(end=end, notes=notes, tags=tags, carried=carried)


def encode_tasks(tasks: Sequence[PackingTask]) -> bytes:
    """Return the workspaces of a shard as bytes."""
    return marshal.dumps([(t.root, t.prefix, t.max_file_bytes) for t in tasks])


class ShardJobs(JobKind[ExportShard]):
    """Packing shards of exports that are running."""

    name = SHARD_JOB

    def jobs(self) -> QuerySet[ExportShard]:
        """Return the shards of exports that are running."""
        running = ExportShard.objects.filter(export__state=ExportState.RUNNING)
        return running.select_related("export")

    def choose(self, job_id: UUID, *, only_quick: bool) -> UUID | None:
        """Return the first shard that nobody works on: later ones wait for it."""
        return None if only_quick else next(iter(list_claimable(self.jobs())), None)

    def work(self, claim: Claim[ExportShard], keeper: LeaseKeeper[ExportShard]) -> None:
        """Pack a shard, send its bytes, and hand the baton on.

        Raises:
            ShardFailedError: If a shard before was given up.
            DiskFloorError: If the disk gets too little room.
            LeaseLostError: If another worker has the shard now, or nobody needs it.
        """
        shard = claim.job
        storage = get_storage()
        if not isinstance(storage, SharedStorage):
            message = "Found a storage that workers do not share, expected a bucket"
            raise ShardFailedError(message)
        check_room(expected_bytes=0)
        folder = _stage(storage, claim)
        folder.mkdir(mode=0o700)
        place = UploadPlace(shard.upload_key, shard.upload_id)
        numbers = range(shard.first_part, shard.first_part + shard.part_count)
        with storage.open_range(place, numbers, keeper.check) as upload:
            parts = pack_shard(
                _decode_tasks(shard), folder, upload, on_part=_Report(keeper)
            )
            before = self._wait_for(storage, shard, keeper)
            end, notes = hand_on_shard(parts, before.end, folder)
            tags, carried = upload.finish(before.carried)
        outcome = Outcome(end=end, notes=notes, tags=tags, carried=carried)
        key = format_outcome_key(shard, claim.attempt)
        storage.put_note(key, outcome.encode())
        changes = {"outcome_key": key, "finished_at": timezone.now()}
        if not step_job(shard, ShardState.READY, changes):
            storage.delete_file(key)
            raise LeaseLostError

    def cancel(self, claim: Claim[ExportShard]) -> None:
        """Step a shard whose export was cancelled to its end."""
        step_job(claim.job, ShardState.CANCELLED, {"finished_at": timezone.now()})

    def fail(self, claim: Claim[ExportShard], code: str, sentence: str) -> None:
        """Step a shard that is given up to its end."""
        changes = {
            "failure_code": code,
            "failure_sentence": sentence[:500],
            "finished_at": timezone.now(),
        }
        step_job(claim.job, ShardState.FAILED, changes)

    def discard(self, claim: Claim[ExportShard]) -> None:
        """Remove what was packed on this machine."""
        shutil.rmtree(_stage(get_storage(), claim), ignore_errors=True)

    def _wait_for(
        self, storage: Storage, shard: ExportShard, keeper: LeaseKeeper[ExportShard]
    ) -> Outcome:
        while True:
            keeper.check()
            before = find_ready(shard.export_id, shard.number - 1)
            if before is not None:
                return read_outcome(storage, before)
            work_on_next(shard.export_id, before=shard.number)


def find_ready(export_id: UUID, number: int) -> ExportShard | None:
    """Return a shard if it is ready; None while it is not.

    Raises:
        ShardFailedError: If it was given up.
        LeaseLostError: If it is gone, so that nobody needs the next one.
    """
    shard = ExportShard.objects.filter(export=export_id, number=number).first()
    if shard is None:
        raise LeaseLostError
    if shard.state == ShardState.FAILED:
        raise ShardFailedError(shard.failure_sentence)
    return shard if shard.state == ShardState.READY else None


def work_on_next(export_id: UUID, *, before: int) -> None:
    """Work on the first shard that nobody works on, or wait for a moment.

    Whoever waits for a shard works on it when its worker is gone; otherwise the last
    workers of an export could all wait for one that was killed.
    """
    shards = ShardJobs().jobs().filter(export=export_id, number__lt=before)
    waiting = next(iter(list_claimable(shards)), None)
    if waiting is None or not run_job(ShardJobs(), waiting):
        time.sleep(LOOK_SECONDS)


def format_outcome_key(shard: ExportShard, attempt: int) -> str:
    """Return where an attempt at a shard puts its outcome."""
    suffix = f".shard-{shard.number}-{attempt}"
    return format_key(shard.export_id, shard.export.attempt, suffix)


def _stage(storage: Storage, claim: Claim[ExportShard]) -> Path:
    shard = claim.job
    staged = storage.stage_file(shard.export_id, shard.export.attempt)
    return staged.with_suffix(f".shard-{shard.number}-{claim.attempt}")


def _decode_tasks(shard: ExportShard) -> list[PackingTask]:
    tasks: list[tuple[Any, ...]] = marshal.loads(bytes(shard.tasks))  # noqa: S302 - ours
    opener = make_tree_opener()
    return [
        PackingTask(root=root, prefix=prefix, max_file_bytes=most, opener=opener)
        for root, prefix, most in tasks
    ]


class _Report:
    """Tells the shard's row how far its packing is."""

    def __init__(self, keeper: LeaseKeeper[ExportShard]) -> None:
        self._report = watch_room(keeper.report)
        self._files = self._bytes = 0

    def __call__(self, part: PackedPart) -> None:
        self._files += part.packed.file_count
        self._bytes += part.packed.size_bytes
        self._report(
            Progress(
                phase="packing",
                members_done=self._files,
                members_total=0,
                bytes_done=self._bytes,
                bytes_total=0,
            )
        )
