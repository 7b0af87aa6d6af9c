"""Reading what a bag says of itself: its receipt, its lists and its tables.

The archive was checked as for unpacking before anything in it is read.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bagkit.archive.lists import NAMES
from bagkit.archive.placing import UnpackLimits, check_members
from bagkit.archive.reader import ArchiveMember, MemberKind, ZipReader, open_zip
from bagkit.errors import ArchiveFormatError
from bagkit.receipt import Receipt
from bagkit.tables import FoundRow, TableSchema, iter_found_rows

WORKSPACES = "data/workspaces/"
MAX_DOCUMENT_BYTES = 256 << 20
"""Of a file that is read into memory whole."""


class BagReader:
    """One open bag, without its workspaces.

    Invariants: used by one thread, inside of ``open_bag``; paths are relative to the
    bag's top folder.
    """

    def __init__(
        self, reader: ZipReader, top: str, members: dict[str, ArchiveMember]
    ) -> None:
        self._reader = reader
        self._members = members
        self.top = top
        """The name of the top folder."""

    def __contains__(self, path: str) -> bool:
        return path in self._members

    def read_file(self, path: str) -> bytes:
        """Return a file's content.

        Raises:
            ArchiveFormatError: If it is not there, damaged or too large.
        """
        member = self._find(path)
        if member.size_bytes > MAX_DOCUMENT_BYTES:
            message = (
                f"Found {member.size_bytes} bytes, limit is {MAX_DOCUMENT_BYTES}: "
                f"{member.shown_name}"
            )
            raise ArchiveFormatError(message)
        return b"".join(self._reader.iter_content(member))

    def read_receipt(self) -> Receipt:
        """Return the receipt.

        Raises:
            ArchiveFormatError: If there is none.
            ReceiptError: If it does not add up.
        """
        return Receipt.from_json(self.read_file("receipt.json"))

    def iter_rows(self, path: str, schema: TableSchema) -> Iterator[FoundRow]:
        """Yield the records of a table or list, in order, with flat memory.

        Raises:
            ArchiveFormatError: If it is not there or damaged.
            TableError: If it is another table.
        """
        content = _Content(self._reader.iter_content(self._find(path)))
        yield from iter_found_rows(io.BufferedReader(content), schema)

    def iter_table(self, schema: TableSchema) -> Iterator[FoundRow]:
        """Yield the records of one of the archive's tables; see ``iter_rows``."""
        return self.iter_rows(f"data/tables/{schema.name}.csv", schema)

    def iter_names(self) -> Iterator[FoundRow]:
        """Yield the records of ``names.csv``; see ``iter_rows``."""
        return self.iter_rows("data/names.csv", NAMES)

    def _find(self, path: str) -> ArchiveMember:
        member = self._members.get(path)
        if member is None:
            raise ArchiveFormatError(f"Found no {path!r} in the archive, expected it")
        return member


@contextmanager
def open_bag(
    source: Path, *, limits: UnpackLimits | None = None
) -> Iterator[BagReader]:
    """Check an archive as for unpacking, and open the bag in it.

    Args:
        source: The archive, a ZIP.
        limits: What it may unpack to.

    Raises:
        ArchiveFormatError: If it is no ZIP, contradicts itself or holds no bag.
        UnpackLimitError: If it would unpack to more than the limits allow.
        OSError: If it cannot be read.
    """
    chosen = limits or UnpackLimits()
    with open_zip(source, max_members=chosen.max_members) as reader:
        check_members(reader, chosen)
        tops: set[str] = set()
        members: dict[str, ArchiveMember] = {}
        for member in reader.iter_members():
            top, _, path = member.name.partition("/")
            tops.add(top)
            if member.kind is MemberKind.FILE and not path.startswith(WORKSPACES):
                members[path] = member
        if len(tops) != 1 or "bagit.txt" not in members:
            message = f"Found no bag in one top folder, expected one: {source.name!r}"
            raise ArchiveFormatError(message)
        yield BagReader(reader, tops.pop(), members)


class _Content(io.RawIOBase):
    """The content of a member as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
