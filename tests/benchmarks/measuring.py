"""Measuring whole processes: time on the clock and peak memory."""

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_STARTER = """
import os, sys, time
begin = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - begin, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the runs of one program came to.

    Units: seconds on the clock from start to end; bytes of resident memory.
    """

    name: str
    seconds: float
    """The median of the runs."""
    own_seconds: float
    """The median of what the program printed itself, or of the same."""
    peak_bytes: int
    """The largest of the runs."""


def measure_in_turns(
    commands: Mapping[str, Sequence[str]],
    *,
    rounds: int,
    environment: Mapping[str, str] | None = None,
) -> list[Measured]:
    """Run programs in turns, so that a slow minute of the machine hits all of them."""
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(_run(command, environment))
    return [
        Measured(
            name=name,
            seconds=statistics.median(seconds for seconds, _, _ in found),
            own_seconds=statistics.median(own for _, own, _ in found),
            peak_bytes=max(peak for _, _, peak in found),
        )
        for name, found in runs.items()
    ]


def _run(
    command: Sequence[str], environment: Mapping[str, str] | None
) -> tuple[float, float, int]:
    # A process counts the memory of the one that it was forked from as its own peak,
    # so it is started by a small one, which measures it.
    measured = subprocess.run(  # noqa: S603 - programs of this machine
        [sys.executable, "-S", "-I", "-c", _STARTER, *command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    *own, seconds, peak_kilobytes = measured.stdout.split()
    own_seconds = float(own[0] if own else seconds)
    return float(seconds), own_seconds, int(peak_kilobytes) * 1024
