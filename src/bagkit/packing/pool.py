"""Packing many workspaces in several processes, answered in the order asked.

Processes and not threads, because the work for one small file holds the interpreter
lock (ADR 0022).
"""

import contextlib
import io
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bagkit.errors import PackingError, SourceAwayError, StagedWriteError
from bagkit.identities.scanning import ScanRules
from bagkit.packing.reuse import EarlierPlace
from bagkit.packing.worker import receive_message, send_message
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.trees.tree import TreeOpener, is_address

MAX_PROCESSES = 8
PROCESSES_THAT_WAIT = 2
"""So many for each core where much of the time goes by with waiting for a store."""
TASKS_AT_ONCE = 2
"""Tasks that a process has been given, so that it never waits for the next one."""
MAX_AHEAD = 64
"""Finished workspaces that may wait for an earlier one; it bounds the memory."""
SEGMENT_BYTES = 256 << 20
"""How large a segment grows that is kept."""
LEAST_SEGMENT_BYTES = 1 << 20
SEGMENTS_IN_STAGE = 4
"""A segment takes this part of what one process may stage, when it is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingTask:
    """One workspace to pack."""

    root: str
    """Its folder or address."""
    prefix: str
    """Its path in the archive, with a slash at the end."""
    max_file_bytes: int
    scan: str = ""
    """Tells by which rules it is scanned, and so what it becomes; empty for none."""
    earlier: EarlierPlace | None = field(default=None, compare=False)
    """An earlier archive to copy from what did not change."""
    opener: TreeOpener | None = field(default=None, compare=False)
    """What opens addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPart:
    """A packed workspace and where its part of a segment lies."""

    packed: PackedWorkspace
    segment: Path
    start: int


def count_processes(tasks: Sequence[PackingTask]) -> int:
    """Return how many processes are worth starting for some workspaces."""
    useful = len(os.sched_getaffinity(0))
    if any(is_address(task.root) for task in tasks):
        useful *= PROCESSES_THAT_WAIT
    return max(1, min(useful, MAX_PROCESSES, len(tasks)))


class _Packer:
    """One packing process and the tasks that it has."""

    def __init__(
        self, prefix: Path, segment_bytes: int, rules: ScanRules | None
    ) -> None:
        self.prefix = prefix
        self.waiting = 0
        # Bagkit may have been put on the path by hand, which -m must find too.
        path = os.pathsep.join(p for p in sys.path if p)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-m", "bagkit.packing.worker"),
                *(str(prefix), str(segment_bytes)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A second answer must not wait in a buffer where no selector sees it.
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._input = io.BufferedWriter(self._process.stdin)  # type: ignore[type-var]
        # Never in a file: it says who is who.
        setup = () if rules is None else (rules.identities, rules.is_replacing)
        try:
            send_message(self._input, setup)
        except BrokenPipeError as error:
            raise self._ended() from error

    @property
    def output(self) -> int:
        """The descriptor that answers come on."""
        return self._process.stdout.fileno()  # type: ignore[union-attr]

    def give(self, index: int, task: PackingTask) -> None:
        """Send a task."""
        earlier = None if task.earlier is None else asdict(task.earlier)
        opener = None
        if task.opener is not None:
            opener = {"name": task.opener.name, "options": dict(task.opener.options)}
        message = (
            *(index, task.root, task.prefix, task.max_file_bytes),
            *(earlier, opener),
        )
        try:
            send_message(self._input, message)
        except BrokenPipeError as error:
            raise self._ended() from error
        self.waiting += 1

    def answer(self) -> tuple[int, PackedPart]:
        """Read one answer.

        Raises:
            PackingError: If the process ended.
            StagedWriteError: If it could not write.
            SourceAwayError: If the place that it reads from does not answer.
        """
        message = receive_message(self._process.stdout)  # type: ignore[arg-type]
        if message is None:
            raise self._ended()
        index, number, start, (code, failure), fields = message
        if code == SourceAwayError.code:
            raise SourceAwayError(failure)
        if failure:
            raise StagedWriteError(failure)
        self.waiting -= 1
        packed = PackedWorkspace(*fields)
        segment = self.prefix.with_name(f"{self.prefix.name}.{number}")
        return index, PackedPart(packed=packed, segment=segment, start=start)

    def _ended(self) -> PackingError:
        status = self._process.wait()
        message = f"Found a packing process that ended with {status}, expected work"
        return PackingError(message)

    def stop(self) -> None:
        """End the process, whatever it does."""
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]


class PackingPool:
    """Packing processes that write segments, whose names start with a prefix.

    Invariants: a context manager; when it is left, the processes are gone. Used by
    one thread.

    Args:
        prefix: Where segments go, and what their names start with.
        processes: How many processes.
        staged_bytes: How much may lie in segments; what was handed out is then
            removed. None to keep all segments.
    """

    def __init__(
        self,
        prefix: Path,
        processes: int,
        *,
        staged_bytes: int | None = None,
        rules: ScanRules | None = None,
    ) -> None:
        self._prefix = prefix
        self._rules = rules
        self._count = processes
        self._staged_bytes = staged_bytes
        self._packers: list[_Packer] = []
        self._handed_out: dict[str, Path] = {}

    def __enter__(self) -> Self:
        segment_bytes = SEGMENT_BYTES
        if self._staged_bytes is not None and self._count:
            share = self._staged_bytes // (SEGMENTS_IN_STAGE * self._count)
            segment_bytes = max(LEAST_SEGMENT_BYTES, share)
        self._packers = [
            _Packer(
                self._prefix.with_name(f"{self._prefix.name}-{number}"),
                segment_bytes,
                self._rules,
            )
            for number in range(self._count)
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for packer in self._packers:
            packer.stop()

    def pack(self, tasks: Sequence[PackingTask]) -> Iterator[PackedPart]:
        """Yield the packed workspaces in the order of the tasks.

        When segments are not kept, each is whole until the next one is asked for.

        Raises:
            PackingError: If a process ended before its work was done.
            StagedWriteError: If a segment could not be written.
            SourceAwayError: If the place of an address does not answer.
        """
        done: dict[int, PackedPart] = {}
        given = wanted = 0
        with selectors.DefaultSelector() as selector:
            for packer in self._packers:
                selector.register(packer.output, selectors.EVENT_READ, packer)
            while wanted < len(tasks):
                given = self._give(tasks, given, wanted, done)
                for key, _events in selector.select():
                    index, part = key.data.answer()
                    done[index] = part
                while wanted in done:
                    part = done.pop(wanted)
                    yield part
                    self._let_go(part)
                    wanted += 1

    def _let_go(self, part: PackedPart) -> None:
        # The parts of a process lie one after the other, so its next segment says
        # that the one before was handed out to its end.
        before = self._handed_out.get(part.segment.stem, part.segment)
        self._handed_out[part.segment.stem] = part.segment
        if self._staged_bytes is not None and before != part.segment:
            before.unlink()

    def _give(
        self,
        tasks: Sequence[PackingTask],
        given: int,
        wanted: int,
        done: Mapping[int, PackedPart],
    ) -> int:
        for packer in self._packers:
            while packer.waiting < TASKS_AT_ONCE and given < len(tasks):
                if given >= wanted + MAX_AHEAD or self._is_full(done):
                    return given
                packer.give(given, tasks[given])
                given += 1
        return given

    def _is_full(self, done: Mapping[int, PackedPart]) -> bool:
        if self._staged_bytes is None:
            return False
        # What is waited for was given before, so the disk is never full of later ones.
        waiting = sum(part.packed.length for part in done.values())
        return waiting > self._staged_bytes // 2
