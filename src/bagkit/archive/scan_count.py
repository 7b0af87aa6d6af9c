"""What scanning the files of an archive came to, for its list and its receipt."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from bagkit.identities.scanning import REPLACED, ScanRules
from bagkit.packing.workspace_parts import PackedWorkspace

Row: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class ScanCount:
    """Adds up what was found in the files of an archive."""

    rules: ScanRules | None = None
    """None when nobody was looked for."""
    rows: list[Row] = field(default_factory=list)
    """Those of ``identities.csv``: path, kind, how often, what was done, and where,
    after the workspace in an archive of several."""
    replaced: Counter[str] = field(default_factory=Counter)
    """By kind."""
    found: Counter[str] = field(default_factory=Counter)
    """What is still there, by place."""
    unsearched: Counter[str] = field(default_factory=Counter)
    """Files, by reason."""

    def note(self, cell: tuple[str, ...], packed: PackedWorkspace) -> None:
        """Add what was found in one workspace.

        Args:
            cell: Which workspace it is; nothing in an archive of one.
            packed: What was found.
        """
        self.rows.extend((*cell, *finding) for finding in packed.identities)
        self.unsearched.update(packed.unsearched)
        for _path, kind, count, action, place in packed.identities:
            if action == REPLACED:
                self.replaced[kind] += count
            else:
                self.found[place] += count

    def add(self, other: "ScanCount", folder: str) -> None:
        """Add what was found in an archive of one workspace that goes into this one.

        Args:
            other: What was found there.
            folder: What its paths begin with here.
        """
        self.rows += [(f"{folder}/{path}", *rest) for path, *rest in other.rows]
        self.replaced += other.replaced
        self.found += other.found
        self.unsearched += other.unsearched

    def describe(self) -> dict[str, dict[str, int]]:
        """Return what a receipt says of it; nothing when nothing was scanned."""
        if self.rules is None:
            return {}
        return {
            "replaced": dict(self.replaced),
            "found": dict(self.found),
            "unsearched": dict(self.unsearched),
            "too_short": {"names": self.rules.too_short},
        }
