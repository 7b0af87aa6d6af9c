"""Reading ahead: the driver fetches the next batch while this one is written.

Drivers and Arrow let other threads run while they work, so on two cores the time of an
export is that of its slower half.
"""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

ITEMS_AHEAD = 2
"""What bounds the memory."""
_WAIT_SECONDS = 0.1


def read_ahead(items: Iterator[Item]) -> "ReadAhead[Item]":
    """Begin reading, and return the same items; an error passes through."""
    lane = _Lane(items)
    lane.start()
    return ReadAhead(lane)


class ReadAhead(Iterator[Item]):
    """Items that another thread reads.

    A class, for a generator that was never asked for an item ignores ``close``.

    Invariants: the thread has ended when this is exhausted or closed.
    """

    def __init__(self, lane: "_Lane[Item]") -> None:
        self._lane = lane
        self._is_over = False

    def __next__(self) -> Item:
        """Return the next item; wait for it if it is not read yet."""
        if self._is_over:
            raise StopIteration
        item, error = self._lane.ahead.get()
        if item is not None:
            return item[0]
        self.close()
        raise StopIteration if error is None else error

    def close(self) -> None:
        """Stop reading."""
        self._is_over = True
        self._lane.stop()


class _Lane(threading.Thread, Generic[Item]):
    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="read-ahead", daemon=True)
        self._items = items
        self._stopped = threading.Event()
        self.ahead: queue.Queue[tuple[tuple[Item] | None, BaseException | None]]
        self.ahead = queue.Queue(ITEMS_AHEAD)

    def run(self) -> None:
        try:
            for item in self._items:
                self._put((item,), None)
                if self._stopped.is_set():
                    return
            self._put(None, None)
        except BaseException as error:  # raised again where the items are used
            self._put(None, error)

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def _put(self, item: tuple[Item] | None, error: BaseException | None) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self.ahead.put((item, error), timeout=_WAIT_SECONDS)
                return
