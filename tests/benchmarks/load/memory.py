"""Memory of processes over time."""

import re
import time
from pathlib import Path
from threading import Event, Thread

from tests.functional.sites import list_children

EVERY_SECONDS = 5.0
_SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class MemoryLine(Thread):
    """Notes every few seconds how much memory a process and its descendants have.

    Memory that processes share counts once, in parts.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = Event()
        self._begin = time.monotonic()
        self.points: list[tuple[float, int]] = []
        """Seconds since the start, and bytes."""

    def run(self) -> None:
        """Watch until ``stop``."""
        while not self._is_over.wait(EVERY_SECONDS):
            total = sum(map(_measure, _list_descendants(self._pid)))
            self.points.append((time.monotonic() - self._begin, total))

    def stop(self) -> None:
        """End it."""
        self._is_over.set()
        self.join()

    def find_median(self, begin: float, end: float) -> int:
        """Return the median between two moments, in bytes."""
        found = sorted(count for at, count in self.points if begin <= at <= end)
        return found[len(found) // 2]


def _list_descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            found += list_children(one)
        except OSError:
            continue  # it has just ended
    return found


def _measure(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    found = _SHARE.search(text)
    return int(found[1]) * 1024 if found else 0
