"""Members of an earlier archive that can be copied compressed instead of packed again.

An index beside each archive says of every member where it lies and what its file was:
size, times and inode. A file that is still exactly that is not opened at all.

Source: ADR 0024.
"""

import marshal
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bagkit.packing.member_writer import MemberWriter
from bagkit.packing.workspace_parts import PackedWorkspace, Signature

FORMAT = "bookbag-reuse/2"
RENAMED_BYTES = 4 << 20
"""What is read at once of members that get another name."""
_HEAD_BYTES = 16
_LOCAL_NAME = 30
"""Where the name starts in a local file header."""
_CENTRAL_NAME = 46
"""Where the name starts in a record of the central directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPlace:
    """Where the members of one workspace are described.

    Units: bytes from the start of the index.
    """

    archive: str
    index: str
    start: int
    length: int


class ReuseIndex:
    """Writes the index of an archive while it is assembled.

    Shape: the notes of all workspaces, a table of their places by folder, and 16
    bytes: where the table starts and how large the archive is.

    Invariants: a context manager, used by one thread; ``finish`` is the last call.
    """

    def __init__(self, target: Path) -> None:
        self._file = target.open("wb")
        self._places: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, root: str, prefix: str, packed: PackedWorkspace, base: int) -> None:
        """Note a workspace whose part starts at ``base`` of the archive.

        Args:
            root: Where its files lie.
            prefix: What its members' names start with.
            packed: What is known of it.
            base: Where its part starts.
        """
        place = (prefix.encode(), base, packed.length)
        body = marshal.dumps(
            (*place, packed.records, packed.offsets, packed.signatures)
        )
        self._places[root] = (self._file.tell(), len(body))
        self._file.write(body)

    def finish(self, archive_bytes: int) -> None:
        """Write the table of the index of an archive of that size."""
        table = self._file.tell()
        self._file.write(marshal.dumps((FORMAT, self._places)))
        for number in (table, archive_bytes):
            self._file.write(number.to_bytes(8, "little"))


def load_places(archive: Path, index: Path) -> Mapping[str, EarlierPlace]:
    """Return where an earlier archive describes each workspace, by its folder.

    An index that is missing, damaged or of another archive is as good as none.
    """
    try:
        content = index.read_bytes()
        table = int.from_bytes(content[-_HEAD_BYTES:-8], "little")
        if int.from_bytes(content[-8:], "little") != archive.stat().st_size:
            return {}
        name, places = marshal.loads(content[table:-_HEAD_BYTES])  # noqa: S302 - ours
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    if name != FORMAT:
        return {}
    return {
        root: EarlierPlace(
            archive=str(archive), index=str(index), start=start, length=length
        )
        for root, (start, length) in places.items()
    }


class EarlierWorkspace:
    """One workspace of an earlier archive, for the process that packs it again.

    The top folder's name has the day of the export in it. Members get their new names
    while they are copied, if those are as long as the old ones; else none is found.

    Invariants: members are copied in runs; ``flush`` before anything else is written.
    """

    def __init__(self, place: EarlierPlace, writer: MemberWriter, prefix: str) -> None:
        self._writer = writer
        self._archive = os.open(place.archive, os.O_RDONLY | os.O_CLOEXEC)
        with Path(place.index).open("rb") as file:
            file.seek(place.start)
            note: tuple[Any, ...] = marshal.loads(file.read(place.length))  # noqa: S302 - ours
        before, self._base, self._length, *lists = note
        self._records, self._offsets, self._signatures = lists
        self._prefix = prefix.encode()
        self._is_renamed = before != self._prefix
        start = _CENTRAL_NAME + len(before)
        self._numbers = {
            record[start : _CENTRAL_NAME + int.from_bytes(record[28:30], "little")]: n
            for n, record in enumerate(self._records)
            if len(before) == len(self._prefix)
        }
        self._run_start = self._run_end = 0
        self._run_members: list[int] = []

    def close(self) -> None:
        """Close the archive."""
        os.close(self._archive)

    def take_file(self, member: str, found: Signature) -> tuple[int, bytes, str] | None:
        """Copy a member whose file is still what it was.

        Returns:
            Where it starts, its central record and its SHA-256; None for another file.
        """
        number = self._find(member)
        if number is None:
            return None
        kept = self._signatures[number]
        if kept is None or kept[0] != found:
            return None
        return self._copy(number), self._record(number), kept[1]

    def take_folder(self, member: str, record: bytes) -> int | None:
        """Copy a folder's member when it would be the same; return where it starts."""
        number = self._find(member)
        if number is None or self._record(number) != record:
            return None
        return self._copy(number)

    def flush(self) -> None:
        """Write the run that was gathered."""
        length = self._run_end - self._run_start
        if length and self._is_renamed:
            self._append_renamed(length)
        elif length:
            self._writer.append_range(self._archive, self._run_start, length)
        self._run_start = self._run_end = 0
        self._run_members.clear()

    def _append_renamed(self, length: int) -> None:
        start, name = self._run_start, self._prefix
        piece = bytearray(os.pread(self._archive, min(length, RENAMED_BYTES), start))
        for member in self._run_members:
            place = member - start + _LOCAL_NAME
            piece[place : place + len(name)] = name
        self._writer.append(bytes(piece))
        rest = length - len(piece)
        if rest:  # of one member that is larger
            self._writer.append_range(self._archive, start + len(piece), rest)

    def _find(self, member: str) -> int | None:
        return self._numbers.get(member.encode()[len(self._prefix) :])

    def _record(self, number: int) -> bytes:
        record: bytes = self._records[number]
        if not self._is_renamed:
            return record
        end = _CENTRAL_NAME + len(self._prefix)
        return record[:_CENTRAL_NAME] + self._prefix + record[end:]

    def _copy(self, number: int) -> int:
        start = self._base + self._offsets[number]
        after = number + 1
        end = self._base + (
            self._offsets[after] if after < len(self._offsets) else self._length
        )
        is_long = self._is_renamed and end - self._run_start > RENAMED_BYTES
        if start != self._run_end or is_long:
            self.flush()
            self._run_start = start
        self._run_end = end
        self._run_members.append(start)
        ahead: int = start - self._run_start
        return self._writer.position + ahead
