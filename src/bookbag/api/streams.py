"""Server-sent events of one export, until it has ended or a minute is over.

A stream keeps a thread of the web server, so a process has few of them; who finds none
free polls. Source: HTML Living Standard, section 9.2; ADR 0092.
"""

import threading
import time
from collections.abc import Callable, Iterator

from bookbag.api.errors import TooManyStreamsError

STREAMS = 4
"""At a time in one process, of 16 threads."""
STREAM_SECONDS = 60.0
LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
Look = tuple[bytes, str, bool]
_FREE = threading.BoundedSemaphore(STREAMS)


class EventStream:
    """Yields a document each time that it changes, and a comment now and then.

    Not a generator, because one that never began does not give its place back.

    Invariants: takes a place when it is made, and gives it back when it is closed.
    """

    def __init__(self, look: Callable[[], Look | None]) -> None:
        """Take a place.

        Args:
            look: Returns the document now, its tag, and whether it is the last; or
                None for whoever may see it no more.

        Raises:
            TooManyStreamsError: If none is free.
        """
        if not _FREE.acquire(blocking=False):
            raise TooManyStreamsError
        self._look = look
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        began = said = time.monotonic()
        tag = ""
        while time.monotonic() - began < STREAM_SECONDS:
            seen = self._look()
            if seen is None:
                return
            body, new_tag, is_last = seen
            if new_tag != tag:
                tag, said = new_tag, time.monotonic()
                yield _format_event(body, tag)
            elif time.monotonic() - said >= HEARTBEAT_SECONDS:
                said = time.monotonic()
                yield b": waiting\n\n"
            if is_last:
                return
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Give the place back; the response calls this however it ended."""
        if self._is_open:
            self._is_open = False
            _FREE.release()


def _format_event(body: bytes, tag: str) -> bytes:
    name = tag.strip('"').encode()
    return b"id: " + name + b"\nevent: export\ndata: " + body + b"\n\n"
