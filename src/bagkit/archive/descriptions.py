"""What an archive says of itself: its cells and its ``bag-info.txt``."""

from datetime import UTC, datetime

from bagkit.archive.assembly import join_lines
from bagkit.archive.plan import BagPlan, ExpectedWorkspace
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.receipt import CellState, ReceiptCell


def describe_unread(workspace: ExpectedWorkspace) -> ReceiptCell:
    """Return the cell of a workspace that was left out or never started."""
    is_excluded = workspace.excluded_by is not None
    return ReceiptCell(
        assignment=workspace.assignment,
        username=workspace.username,
        folder="",
        state=CellState.EXCLUDED if is_excluded else CellState.EMPTY,
        reason=workspace.excluded_by or "not-started",
    )


def describe_packed(
    workspace: ExpectedWorkspace, packed: PackedWorkspace, folder: str
) -> ReceiptCell:
    """Return the cell of a workspace that was packed into a folder."""
    if packed.failure:
        state = CellState.FAILED
    else:
        state = CellState.PRESENT if packed.file_count else CellState.EMPTY
    return ReceiptCell(
        assignment=workspace.assignment,
        username=workspace.username,
        folder=folder,
        state=state,
        files=packed.file_count,
        bytes=packed.size_bytes,
        problems=max(len(packed.problems), bool(packed.failure)),
        reason=packed.failure or ("" if packed.file_count else "no-files"),
        digest=packed.digest,
    )


def format_bag_info(plan: BagPlan, oxum: str) -> bytes:
    """Return ``bag-info.txt``.

    Args:
        plan: The archive's plan.
        oxum: Bytes and files of the payload, as ``bytes.files``.

    Source: RFC 8493, section 2.2.2.
    """
    group = plan.group
    belongs = (
        []
        if group is None
        else [
            f"Bag-Group-Identifier: {group.identifier}",
            f"Bag-Count: {group.number} of {group.count}",
        ]
    )
    return join_lines(
        [
            f"Bagging-Date: {plan.snapshot_at.astimezone(UTC).date().isoformat()}",
            f"Bag-Software-Agent: {plan.generator}",
            f"External-Identifier: {plan.identifier}",
            f"External-Description: {' '.join(plan.title.split())}",
            f"Payload-Oxum: {oxum}",
            *belongs,
        ]
    )


def format_time(moment: datetime) -> str:
    """Return a moment as archives write it: in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
