"""Runs of one upload that several workers write, each as parts of its own numbers.

A store wants parts of at least 5 MiB, and only the last may be smaller. Where a run
ends, a few bytes are left that are too little for a part. They are carried to the next
run, whose first 5 MiB wait for them.

Source: ADR 0125.
"""

from types import TracebackType
from typing import Self

from bookbag.exports.storage.multipart import (
    MOST_PARTS,
    ArchiveTooManyPartsError,
    PartSender,
    part_bytes_of,
)
from bookbag.exports.storage.port import Pause

LEAST_PART_BYTES = 5 << 20


class ObjectRange:
    """A run of an upload: it is sent while it is written, but for its beginning.

    Invariants: a context manager, used by one thread; ``finish`` is the last call.
    """

    def __init__(self, sender: PartSender, numbers: range, pause: Pause) -> None:
        self._sender = sender
        self._pause = pause
        self._numbers = numbers
        self._head = bytearray()
        self._waiting = bytearray()
        self._taken = 1  # the first number is the beginning's

    def __enter__(self) -> Self:
        self._sender.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sender.__exit__(kind, error, trace)

    def write(self, piece: bytes) -> int:
        """Take the next piece, and send a part when there is enough for one.

        Raises:
            ArchiveTooManyPartsError: If there is no number left.
        """
        room = LEAST_PART_BYTES - len(self._head)
        self._head += piece[:room]
        self._waiting += piece[room:]
        while len(self._waiting) >= (most := self._next_part_bytes()):
            self._send(most)
        return len(piece)

    def finish(
        self, carried: bytes, *, is_last: bool = False
    ) -> tuple[dict[int, str], bytes]:
        """Send the beginning and what is left, as far as a store takes it.

        Args:
            carried: What the run before left.
            is_last: Whether nothing comes after this run.

        Returns:
            The tags of the parts by number, and what the next run has to carry.
        """
        head = carried + bytes(self._head)
        is_all = not self._waiting and self._taken == 1
        if is_all and len(head) < LEAST_PART_BYTES and not is_last:
            return self._sender.finish(), head
        self._sender.send(self._numbers[0], head)
        if self._waiting and (is_last or len(self._waiting) >= LEAST_PART_BYTES):
            self._send(len(self._waiting))
        return self._sender.finish(), bytes(self._waiting)

    def _send(self, most: int) -> None:
        if self._taken >= len(self._numbers):
            message = f"Found more than {len(self._numbers)} parts of one run"
            raise ArchiveTooManyPartsError(message)
        self._pause()
        self._sender.send(self._numbers[self._taken], bytes(self._waiting[:most]))
        self._taken += 1
        del self._waiting[:most]

    def _next_part_bytes(self) -> int:
        # The sizes grow within a run as they do within a whole archive.
        share = min(self._taken, len(self._numbers) - 1) * MOST_PARTS
        return part_bytes_of(1 + share // len(self._numbers))
