"""Whose turn it is: which job a worker takes when it is woken or has finished one.

A wake-up says that something waits, not what comes next. So a wake-up that finds no
free place is not lost: whoever finishes a job looks for the next one of any kind.
"""

import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bookbag.jobs.working import STOPPING, JobKind, run_job
from bookbag.observing import observe

MISSES = 3
"""How often in a row another worker may be faster before this one rests."""


class Places:
    """The places of one worker process for long jobs.

    A process has one thread more than places: that thread only takes quick jobs, so
    that these never wait behind long ones.

    Invariants: used by every working thread of the process.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        """How many long jobs may be worked on at a time."""
        self._taken = 0
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a place if one is free; answer whether it was."""
        with self._lock:
            if self._taken >= self.count:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """Give a place back."""
        with self._lock:
            self._taken -= 1


def work_in_turn(
    kinds: Iterable[JobKind[Any]], places: Places, *, woken_for: tuple[str, UUID]
) -> None:
    """Work until nothing waits that this thread may take.

    Args:
        kinds: Every kind of job, in the order in which they are looked through.
        places: The places of this process.
        woken_for: Kind and id that the wake-up named; that kind is looked at first.
    """
    name, job_id = woken_for
    ordered = sorted(kinds, key=lambda kind: kind.name != name)
    misses = 0
    while misses < MISSES and not STOPPING.is_set():
        has_place = places.take()
        try:
            turn = _find_turn(ordered, job_id, only_quick=not has_place)
            if turn is None:
                return
            kind, chosen = turn
            if has_place and kind.is_quick(chosen):
                places.give_back()
                has_place = False
            with observe(kind.name, **{f"{kind.name}_id": str(chosen)}):
                misses = 0 if run_job(kind, chosen) else misses + 1
        finally:
            if has_place:
                places.give_back()


def _find_turn(
    kinds: list[JobKind[Any]], job_id: UUID, *, only_quick: bool
) -> tuple[JobKind[Any], UUID] | None:
    for kind in kinds:
        chosen = kind.choose(job_id, only_quick=only_quick)
        if chosen is not None:
            return kind, chosen
    return None
