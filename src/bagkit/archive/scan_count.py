"""What scanning the files of an archive came to, for its list and its receipt."""

from collections import Counter

from bagkit.identities.scanning import REPLACED, ScanRules
from bagkit.packing.workspace_parts import PackedWorkspace


class ScanCount:
    """Adds up what was found in the files of an archive."""

    def __init__(self, rules: ScanRules | None) -> None:
        self.rows: list[tuple[str | int, ...]] = []
        """Those of ``identities.csv``."""
        self._rules = rules
        self._replaced: Counter[str] = Counter()
        self._found: Counter[str] = Counter()
        self._unsearched: Counter[str] = Counter()

    def note(self, cell: tuple[str, str], packed: PackedWorkspace) -> None:
        """Add what was found in one workspace."""
        self.rows.extend((*cell, *finding) for finding in packed.identities)
        self._unsearched.update(packed.unsearched)
        for _path, kind, count, action, place in packed.identities:
            if action == REPLACED:
                self._replaced[kind] += count
            else:
                self._found[place] += count

    def describe(self) -> dict[str, dict[str, int]]:
        """Return what a receipt says of it; nothing when nothing was scanned."""
        if self._rules is None:
            return {}
        return {
            "replaced": dict(self._replaced),
            "found": dict(self._found),
            "unsearched": dict(self._unsearched),
            "too_short": {"names": self._rules.too_short},
        }
