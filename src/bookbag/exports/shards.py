"""One archive that is packed by whichever workers are free: the export's own part.

The worker that has the export writes what stands before the first workspace, makes a
job of each run of workspaces, helps with them, and writes what stands behind the last.

Source: ADR 0125.
"""

import hashlib
import marshal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.db import transaction
from django.utils import timezone

from bagkit.archive.shards import Baton, PackedNote
from bagkit.packing.pool import PackingTask
from bookbag.exports.models import Export, ExportShard
from bookbag.exports.shard_jobs import (
    Outcome,
    encode_tasks,
    find_ready,
    format_outcome_key,
    read_outcome,
    work_on_next,
)
from bookbag.exports.states import SHARD_JOB, ShardState
from bookbag.exports.storage import RangeUpload, SharedStorage, Storage
from bookbag.exports.storage.port import Pause
from bookbag.jobs.wakeup import wake_worker

HEAD, BODY, TAIL = range(1, 501), range(501, 9_501), range(9_501, 10_001)
"""The numbers of parts, of which S3 takes 10,000: for what stands before the
workspaces, for all shards, and for what stands behind."""


class ShardedUpload:
    """An archive that is sent in runs, most of them by other workers.

    Invariants: a context manager, used by one thread, which takes part in the packing
    while it waits. What was sent stays, for the next attempt to go on with.
    """

    def __init__(
        self, storage: SharedStorage, export: Export, key: str, pause: Pause, size: int
    ) -> None:
        self._storage = storage
        self._export = export
        self._pause = pause
        self._size = size
        self._place = storage.begin_upload(key)
        self._open = ExitStack()
        self._numbers = HEAD
        self._run: RangeUpload | None = None
        self._tags: dict[int, str] = {}
        self._carried = b""
        self._end: Baton
        self._written_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def write(self, piece: bytes) -> int:
        """Take the next piece of what stands before the workspaces, or behind them."""
        if self._run is None:
            run = self._storage.open_range(self._place, self._numbers, self._pause)
            self._run = self._open.enter_context(run)
        self._written_bytes += len(piece)
        return self._run.write(piece)

    def pack(self, tasks: Sequence[PackingTask], start: Baton) -> Iterator[PackedNote]:
        """Yield what is known of the workspaces as their shards are ready."""
        self._finish_run()
        self._end = start
        shards = self._find_or_make_shards(tasks, start)
        for number in range(1, len(shards) + 1):
            outcome = self._wait_for(number, len(shards))
            self._tags |= outcome.tags
            self._carried, self._end = outcome.carried, outcome.end
            yield from outcome.notes

    def end(self) -> Baton:
        """Return where the archive has come to when all are packed."""
        self._numbers = TAIL
        self._written_bytes = self._end.position
        return self._end

    def complete(self) -> str:
        """Send the rest, let the object appear, and return its key."""
        self._finish_run(is_last=True)
        try:
            self._storage.complete_upload(self._place, self._tags, self._written_bytes)
        except Exception:
            # Parts that do not go together would be refused again and again.
            self._storage.abort_uploads(self._export.pk)
            raise
        return self._place.key

    def _finish_run(self, *, is_last: bool = False) -> None:
        self.write(b"")
        if self._run is not None:
            tags, self._carried = self._run.finish(self._carried, is_last=is_last)
            self._tags |= tags
        self._run = None

    def _find_or_make_shards(
        self, tasks: Sequence[PackingTask], start: Baton
    ) -> list[ExportShard]:
        runs = [
            encode_tasks(tasks[first : first + self._size])
            for first in range(0, len(tasks), self._size)
        ]
        place = self._place
        facts = (
            place.key, place.upload_id, start.position, start.digest,
            start.page.spent_bytes, sorted(start.page.shown), self._carried, runs,
        )  # fmt: skip
        plan_digest = hashlib.sha256(marshal.dumps(facts)).hexdigest()
        found = self._export.shards.filter(plan_digest=plan_digest)
        if found.count() == len(runs) + 1:
            return list(found.exclude(number=0))  # an earlier attempt's
        return self._make_shards(runs, start, plan_digest)

    def _make_shards(
        self, runs: Sequence[bytes], start: Baton, plan_digest: str
    ) -> list[ExportShard]:
        remove_shards(self._storage, self._export)
        now = timezone.now()
        each = len(BODY) // len(runs)
        shards = [
            ExportShard(
                export=self._export,
                number=number,
                requested_at=now + timedelta(microseconds=number),  # their order
                plan_digest=plan_digest,
                tasks=run,
                upload_key=self._place.key,
                upload_id=self._place.upload_id,
                first_part=BODY.start + (number - 1) * each if number else HEAD.start,
                part_count=each,
            )
            for number, run in enumerate((b"", *runs))
        ]
        head = shards[0]
        head.outcome_key = format_outcome_key(head, 0)
        head.state = ShardState.READY
        outcome = Outcome(end=start, notes=[], tags={}, carried=self._carried)
        self._storage.put_note(head.outcome_key, outcome.encode())
        with transaction.atomic():
            ExportShard.objects.bulk_create(shards)
        for shard in shards[1:]:
            wake_worker(SHARD_JOB, shard.pk)
        return shards[1:]

    def _wait_for(self, number: int, last: int) -> Outcome:
        while True:
            self._pause()
            shard = find_ready(self._export.pk, number)
            if shard is not None:
                return read_outcome(self._storage, shard)
            work_on_next(self._export.pk, before=last + 1)


def remove_shards(storage: Storage, export: Export) -> None:
    """Remove the shards of an export, and what they told each other."""
    shards = list(export.shards.all())
    ExportShard.objects.filter(pk__in=[shard.pk for shard in shards]).delete()
    for shard in shards:
        if shard.outcome_key:
            storage.delete_file(shard.outcome_key)
