"""What there is to pack for an archive."""

from collections.abc import Callable
from pathlib import Path

from bagkit.archive.beside import index_of
from bagkit.archive.plan import BagPlan, ExpectedWorkspace
from bagkit.packing.pool import PackingTask
from bagkit.packing.reuse import load_places


def make_tasks(
    plan: BagPlan, reuse: Path | None, prefix_of: Callable[[ExpectedWorkspace], str]
) -> list[PackingTask]:
    """Return a task for each workspace that is read.

    Args:
        plan: The archive's.
        reuse: An earlier archive to copy from, or None.
        prefix_of: Says where in the archive a workspace lies.
    """
    found = reuse if plan.scan is None else None
    earlier = {} if found is None else load_places(found, index_of(found))
    return [
        PackingTask(
            root=str(workspace.root),
            prefix=prefix_of(workspace),
            max_file_bytes=plan.limits.max_file_bytes,
            scan="" if plan.scan is None else plan.scan.mark,
            earlier=earlier.get(str(workspace.root)),
            opener=plan.opener,
        )
        for workspace in plan.workspaces
        if is_read(workspace)
    ]


def is_read(workspace: ExpectedWorkspace) -> bool:
    """Answer whether there is anything to read of a workspace."""
    return workspace.excluded_by is None and workspace.root is not None
