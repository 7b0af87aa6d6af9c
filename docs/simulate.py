"""Predicts how long one archive takes on several workers, and what it costs.

``make simulate ARGS="--students 20000 --workers 8"`` prints it. Rates and prices are
parameters: measure the first on your machines (``docs/performance.md`` says how), and
ask your provider for the second. Shards, baton and reading back are as in ADR 0125.
"""

import argparse
import heapq
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields

from bagkit.archive.shards import count_per_shard

MEGABYTE = 1e6
GIGABYTE = 1e9
PART_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is exported, and by what.

    Units: bytes, seconds, megabytes (10^6 bytes) a second.
    """

    students: int = 20_000
    assignments: int = 10
    files: int = 40
    """In each workspace."""
    file_bytes: int = 4_000
    """Of each file on average, before compression."""
    ratio: float = 0.4
    """Of the archive to the files."""
    workers: int = 4
    cores: int = 0
    """That all workers and the store share on one machine; 0 if each has its own."""
    shard_workspaces: int = 1_000
    pack_rate: float = 30.0
    """One worker packs so many megabytes of files a second."""
    file_seconds: float = 0.000_1
    """What one worker needs for a file besides its bytes."""
    shard_seconds: float = 0.5
    """What a shard takes besides: claiming, starting processes, its note."""
    send_rate: float = 50.0
    """One worker sends so many megabytes of the archive a second."""
    store_rate: float = 1_000.0
    """The store takes so many from all workers."""
    digest_rate: float = 300.0
    """So many megabytes of the archive are digested a second, shard after shard."""
    read_rate: float = 100.0
    """The published archive is read back at so many."""
    fixed_seconds: float = 2.0
    """What an export takes without any workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is paid for, in any currency."""

    compute_hour: float = 0.10
    """Of one worker."""
    storage_month: float = 0.023
    """Of a gigabyte for 30 days."""
    put_thousand: float = 0.005
    """Of a thousand requests that write or list."""
    get_thousand: float = 0.000_4
    """Of a thousand requests that read."""
    keep_days: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a plan comes to."""

    seconds: float
    shards: int
    archive_bytes: float
    busy_seconds: float
    """Of all workers together, waiting for the baton included."""
    cost: dict[str, float]


def simulate(plan: Plan, prices: Prices) -> Forecast:
    """Let the workers of a plan take shard after shard, and return what it comes to."""
    workspaces = plan.students * plan.assignments
    size = count_per_shard(workspaces, plan.shard_workspaces) or max(workspaces, 1)
    sizes = [min(size, workspaces - done) for done in range(0, workspaces, size)]
    free = [0.0] * (plan.workers if len(sizes) > 1 else 1)
    busy = handed_on = 0.0
    for count in sizes:
        begin = heapq.heappop(free)
        packed = begin + _packing_seconds(plan, count)
        digested = _archive_bytes(plan, count) / (plan.digest_rate * MEGABYTE)
        handed_on = max(packed, handed_on) + digested
        busy += handed_on - begin
        heapq.heappush(free, handed_on)
    archive = _archive_bytes(plan, workspaces)
    seconds = plan.fixed_seconds + handed_on + archive / (plan.read_rate * MEGABYTE)
    busy += seconds - handed_on
    return Forecast(
        seconds=seconds,
        shards=len(sizes),
        archive_bytes=archive,
        busy_seconds=busy,
        cost=_price(prices, busy, archive, len(sizes)),
    )


def _archive_bytes(plan: Plan, workspaces: int) -> float:
    return workspaces * plan.files * plan.file_bytes * plan.ratio


def _packing_seconds(plan: Plan, workspaces: int) -> float:
    # Sending goes on beside packing, and the store is shared.
    files = workspaces * plan.files
    read = files * plan.file_bytes / (plan.pack_rate * MEGABYTE)
    packing = read + files * plan.file_seconds
    rate = min(plan.send_rate, plan.store_rate / plan.workers) * MEGABYTE
    sent = _archive_bytes(plan, workspaces) / rate
    alone = plan.shard_seconds + max(packing, sent)
    if not plan.cores:
        return alone
    # What goes on beside something else has a core of its own only while there is one.
    wanted = plan.workers * (plan.shard_seconds + packing + sent) / alone
    return alone * max(1.0, wanted / plan.cores)


def _price(
    prices: Prices, busy: float, archive: float, shards: int
) -> dict[str, float]:
    puts = archive / PART_BYTES + 5 * shards + 10
    gets = 4 * shards + 10
    return {
        "compute": busy / 3600 * prices.compute_hour,
        "storage": archive / GIGABYTE * prices.storage_month * (prices.keep_days / 30),
        "requests": puts / 1000 * prices.put_thousand
        + gets / 1000 * prices.get_thousand,
    }


def main(arguments: Sequence[str]) -> int:
    """Print the forecast of a plan for 1, 2, 4 … workers, up to those asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for field in (*fields(Plan), *fields(Prices)):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=type(field.default), default=field.default)
    chosen = vars(parser.parse_args(arguments))
    values = {field.name: chosen[field.name] for field in fields(Plan)}
    prices = Prices(**{field.name: chosen[field.name] for field in fields(Prices)})
    sys.stdout.write(
        "workers  minutes  shards  archive GB  compute  storage  requests  total\n"
    )
    for workers in _double_up_to(chosen["workers"]):
        found = simulate(Plan(**(values | {"workers": workers})), prices)
        sys.stdout.write(
            f"{workers:7}  {found.seconds / 60:7.1f}  {found.shards:6}  "
            f"{found.archive_bytes / GIGABYTE:10.2f}  {found.cost['compute']:7.3f}  "
            f"{found.cost['storage']:7.3f}  {found.cost['requests']:8.4f}  "
            f"{sum(found.cost.values()):5.3f}\n"
        )
    return 0


def _double_up_to(workers: int) -> list[int]:
    powers = [1 << n for n in range(workers.bit_length())]
    return [*(n for n in powers if n < workers), workers]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
