"""Splitting a plan into several bags, each valid alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from bagkit.archive.plan import BagGroup, BagPlan, ExpectedWorkspace
from bagkit.errors import LimitExceededError, PlanError
from bagkit.trees.counting import TreeCount, count_tree
from bagkit.trees.tree import TreeOpener, is_address

COUNTED_AT_ONCE = 8
"""Workspaces of a store that are listed at the same time."""


def split_plan(plan: BagPlan, part_bytes: int) -> list[BagPlan]:
    """Return plans whose workspaces' files have at most so many bytes each.

    Workspaces stay whole: one that is larger makes a part of its own. Every part has
    all tables, and its receipt accounts for its own workspaces.

    Args:
        plan: What to split.
        part_bytes: Content before compression.

    Raises:
        PlanError: If the size is not above zero.
    """
    if part_bytes <= 0:
        message = f"Found a part size of {part_bytes} bytes, expected more than 0"
        raise PlanError(message)
    groups = list(_iter_groups(plan, part_bytes))
    if len(groups) < 2:
        return [plan]
    return [
        replace(
            plan,
            name=f"{plan.name}_part-{number}-of-{len(groups)}",
            workspaces=tuple(group),
            group=BagGroup(
                identifier=plan.identifier, number=number, count=len(groups)
            ),
        )
        for number, group in enumerate(groups, 1)
    ]


def check_limits(plan: BagPlan) -> None:
    """Count what a plan would pack, and refuse it when that is over its limits.

    Nothing is counted when there is no limit.

    Raises:
        LimitExceededError: With the numbers.
    """
    limits = plan.limits
    if not limits.has_totals:
        return
    files = size_bytes = 0
    for count in _iter_counts(plan):
        files += count.file_count
        size_bytes += count.size_bytes
    for found, limit, what in (
        (files, limits.max_files, "files"),
        (size_bytes, limits.max_bytes, "bytes"),
    ):
        if found > limit:
            message = f"Found {found:,} {what} to export, limit is {limit:,}"
            raise LimitExceededError(message)


def _iter_groups(plan: BagPlan, part_bytes: int) -> Iterator[list[ExpectedWorkspace]]:
    group: list[ExpectedWorkspace] = []
    room = part_bytes
    for workspace, count in zip(plan.workspaces, _iter_counts(plan), strict=True):
        size_bytes = count.size_bytes
        if group and size_bytes > room:
            yield group
            group, room = [], part_bytes
        group.append(workspace)
        room -= size_bytes
    yield group


def _iter_counts(plan: BagPlan) -> Iterator[TreeCount]:
    count = partial(_count, opener=plan.opener)
    if not any(is_address(workspace.root) for workspace in plan.workspaces):
        yield from map(count, plan.workspaces)
        return
    # A store answers many questions in the time of one.
    with ThreadPoolExecutor(COUNTED_AT_ONCE) as pool:
        yield from pool.map(count, plan.workspaces)


def _count(workspace: ExpectedWorkspace, *, opener: TreeOpener | None) -> TreeCount:
    if workspace.root is None or workspace.excluded_by is not None:
        return TreeCount(file_count=0, size_bytes=0)
    return count_tree(workspace.root, opener)
