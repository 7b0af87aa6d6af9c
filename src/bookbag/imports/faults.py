"""Collecting everything that is wrong with an input, to report it at once."""

import math
import os
import unicodedata
from pathlib import Path

from bookbag.formats.texts import show_text
from bookbag.imports.errors import Fault, LoadFaultsError


class FaultList:
    """The faults found so far, and what was left out on purpose.

    Invariants: one list for one load, used by one thread; the order is that of
    finding.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        """Paths are shown relative to it."""
        self.faults: list[Fault] = []
        """What keeps the course from being loaded."""
        self.notes: list[str] = []
        """What is left out or read leniently; nothing is left out without a word."""

    def add(self, path: Path, message: str, *, line: int | None = None) -> None:
        """Add one fault of a file or folder."""
        self.faults.append(Fault(path=self.show(path), line=line, message=message))

    def note(self, path: Path, message: str) -> None:
        """Add one remark that does not keep the course from being loaded."""
        self.notes.append(f"{self.show(path)}: {message}")

    def show(self, path: Path) -> str:
        """Return a path as text that is safe to print."""
        shown = path.relative_to(self.root) if path != self.root else path
        return show_text(os.fspath(shown), limit=None)

    def raise_if_any(self) -> None:
        """Raise all faults together.

        Raises:
            LoadFaultsError: If there is at least one.
        """
        if self.faults:
            raise LoadFaultsError(self.in_order())

    def in_order(self) -> list[Fault]:
        """Return the faults by file, in the order of their lines, the rest after."""
        files: dict[str, int] = {}
        for fault in self.faults:
            files.setdefault(fault.path, len(files))
        return sorted(
            self.faults, key=lambda fault: (files[fault.path], fault.line or math.inf)
        )


def match_key(name: str) -> str:
    """Return what two spellings of one name have in common.

    Disks and rosters differ in case and in how they compose accents.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
