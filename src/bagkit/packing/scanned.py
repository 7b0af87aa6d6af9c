"""Scanning what is packed, for archives that are to name nobody, or say who is named.

Source: ADR 0119.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from bagkit.identities.scanning import FileScan, FileScanner
from bagkit.packing.compression import SMALL_BYTES
from bagkit.packing.member_writer import ChangedWhileReadError
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.trees.tree import ReadAt, TreeFile, TreeOpener, read_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a workspace is reached, and what is looked for in its files."""

    opener: TreeOpener | None = None
    """What opens addresses."""
    scanner: FileScanner | None = None
    """Looks for people in names and files."""


class Source(NamedTuple):
    """What of a file is to be packed."""

    size_bytes: int
    read_at: ReadAt


class WorkspaceScan:
    """Scans the files of one workspace as they are packed; without a scanner, nothing.

    Invariants: what is found is noted in the packed workspace, under paths that name
    nobody.
    """

    def __init__(
        self, scanner: FileScanner | None, packed: PackedWorkspace, prefix: str
    ) -> None:
        self._scanner = scanner
        self._packed = packed
        self._prefix = prefix
        self._content: BinaryIO | None = None

    def cover(self, text: str) -> str:
        """Return a name or path as the archive may show it."""
        return text if self._scanner is None else self._scanner.cover_name(text)

    @property
    def cover_names(self) -> Callable[[bytes], bytes] | None:
        """What covers names, when any are to be covered."""
        return None if self._scanner is None else self.cover_bytes

    def cover_bytes(self, name: bytes) -> bytes:
        """Return a name or path of odd bytes as the archive may show it."""
        if self._scanner is None:
            return name
        covered = self.cover(os.fsdecode(name))
        return name if covered == os.fsdecode(name) else os.fsencode(covered)

    def note_name(self, name: bytes, member: str) -> None:
        """Search the name of a file or folder."""
        if self._scanner is not None:
            self._note(self._scanner.scan_name(os.fsdecode(name)), member)

    def open(self, file: TreeFile, member: str) -> Source:
        """Return what is to be packed of an open file: itself, or with pseudonyms.

        What is read whole is searched and packed from one reading, so that a student
        who writes meanwhile does not get past the search.

        Returns:
            Good until ``close``.

        Raises:
            ChangedWhileReadError: If the file has another size than it said.
        """
        size_bytes = file.status.st_size
        if self._scanner is None:
            return Source(size_bytes, file.read_at)
        read_at = file.read_at
        if size_bytes <= SMALL_BYTES:
            content = read_small(file.read_at, size_bytes)
            read_at = _read_from_memory(content)
        inside = member[len(self._prefix) :]
        scan = self._scanner.scan_file(read_at, size_bytes, inside)
        self._content = scan.content
        self._note(scan, member)
        if scan.content is None:
            return Source(size_bytes, read_at)
        scan.content.flush()
        size_bytes = os.fstat(scan.content.fileno()).st_size
        return Source(size_bytes, read_from(scan.content))

    def close(self) -> None:
        """Let go of what the file became."""
        if self._content is not None:
            self._content.close()
            self._content = None

    def _note(self, scan: FileScan, member: str) -> None:
        if self._scanner is None:
            return
        path = self._scanner.mask(member[len(self._prefix) :])
        self._packed.identities += [(path, *finding) for finding in scan.findings]
        if scan.unsearched:
            before = self._packed.unsearched.get(scan.unsearched, 0)
            self._packed.unsearched[scan.unsearched] = before + 1


def read_small(read_at: ReadAt, size_bytes: int) -> bytes:
    """Return the whole content of a file.

    Raises:
        ChangedWhileReadError: If there is more or less than expected.
    """
    content = read_at(size_bytes + 1, 0)
    while 0 < len(content) < size_bytes:
        piece = read_at(size_bytes + 1 - len(content), len(content))
        if not piece:
            break
        content += piece
    if len(content) != size_bytes:
        raise ChangedWhileReadError
    return content


def _read_from_memory(content: bytes) -> ReadAt:
    return lambda length, offset: content[offset : offset + length]
