"""What an archive's writer learns of each workspace, for its lists and its receipt."""

from bagkit.archive.descriptions import describe_packed, describe_unread
from bagkit.archive.plan import ExpectedWorkspace
from bagkit.archive.scan_count import ScanCount
from bagkit.identities.scanning import ScanRules
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.receipt import ReceiptCell

ListRow = tuple[str, str, str, str]


class CellNotes:
    """The cells of a receipt and the rows of an archive's lists, in their order."""

    def __init__(self, scan: ScanRules | None) -> None:
        self.cells: list[ReceiptCell] = []
        self.problems: list[ListRow] = []
        self.names: list[ListRow] = []
        self.links: list[ListRow] = []
        self.scanned = ScanCount(scan)
        self.file_count = 0
        self.payload_bytes = 0
        self.reused_count = 0

    def add_unread(self, workspace: ExpectedWorkspace) -> None:
        """Add a workspace that was left out or never started."""
        self.cells.append(describe_unread(workspace))

    def add_packed(
        self, workspace: ExpectedWorkspace, packed: PackedWorkspace, folder: str
    ) -> None:
        """Add a workspace that was packed into a folder."""
        cell = (workspace.assignment, workspace.username)
        self.reused_count += packed.reused_count
        self.problems.extend((*cell, path, why) for path, why in packed.problems)
        if packed.failure and not packed.problems:
            self.problems.append((*cell, "", packed.failure))
        self.names.extend((*cell, old, new) for old, new in packed.renamed)
        self.links.extend((*cell, path, to) for path, to in packed.links)
        self.scanned.note(cell, packed)
        self.file_count += packed.file_count
        self.payload_bytes += packed.size_bytes
        self.cells.append(
            describe_packed(workspace, packed, folder if packed.length else "")
        )
