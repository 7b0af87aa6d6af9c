"""Reading ZIP archives strictly: where two readers could differ, we refuse.

Every byte belongs to exactly one member, to the central directory or to the records
behind it; the two headers of each member agree; members that overlap, gaps, lies
about sizes and everything that we cannot read are refused with the member's name.

Source: APPNOTE 6.3.10; ADR 0040; lessons M8.
"""

import os
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from bagkit.archive.reader.directory import CentralDirectory, find_central_directory
from bagkit.archive.reader.member import ArchiveMember, MemberKind, quote_name
from bagkit.archive.reader.records import (
    CENTRAL,
    LOCAL,
    CentralRecord,
    LocalHeader,
    parse_central_record,
    parse_local_header,
)
from bagkit.errors import ArchiveFormatError, UnpackLimitError
from bagkit.packing.zip_records import STORED

PIECE_BYTES = 256 << 10
WINDOW_BYTES = 1 << 20
"""How much of the central directory is in memory."""
GUESSED_EXTRA_BYTES = 64
"""Most local headers fit into one read with this much beside the name."""
MAX_MEMBERS = 1_000_000
MAX_LINK_BYTES = 4096
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """A member with its two headers, byte for byte."""

    member: ArchiveMember
    central: CentralRecord
    local: LocalHeader


class ZipReader:
    """One open ZIP archive.

    Invariants: used by one thread; the caller closes the descriptor. Memory is 24
    bytes for each member, and a window of the central directory.
    """

    def __init__(
        self, descriptor: int, archive_bytes: int, *, max_members: int = MAX_MEMBERS
    ) -> None:
        self._descriptor = descriptor
        self._max_members = max_members
        self.archive_bytes = archive_bytes
        self.directory: CentralDirectory = find_central_directory(
            descriptor, archive_bytes
        )
        if self.directory.member_count > max_members:
            message = (
                f"Found {self.directory.member_count} members, limit is {max_members}"
            )
            raise UnpackLimitError(message)

    def iter_members(self) -> Iterator[ArchiveMember]:
        """Yield every member in the directory's order.

        Raises:
            ArchiveFormatError: If the archive contradicts itself; overlaps and gaps
                are known when the last member was yielded.
        """
        for entry in self.iter_entries():
            yield entry.member

    def iter_entries(self) -> Iterator[ZipEntry]:
        """Yield every member with its headers; see ``iter_members``."""
        starts, ends, places = array("Q"), array("Q"), array("Q")
        for place, central in self._iter_central():
            member = central.to_member()
            local = self._read_local(central)
            _check_headers(member, central, local)
            starts.append(central.header_offset)
            ends.append(self._find_end(central, local))
            places.append(place)
            yield ZipEntry(member=member, central=central, local=local)
        if len(starts) != self.directory.member_count:
            message = (
                f"Found {len(starts)} members in the central directory, expected "
                f"{self.directory.member_count}"
            )
            raise ArchiveFormatError(message)
        self._check_extents(starts, ends, places)

    def iter_content(self, member: ArchiveMember) -> Iterator[bytes]:
        """Yield a member's content and check it against what the member says.

        Raises:
            ArchiveFormatError: If there is more or less of it, or it is damaged.
        """
        header = self._pread(LOCAL.size, member.header_offset, member.shown_name)
        fields = LOCAL.unpack(header)
        start = member.header_offset + LOCAL.size + fields[9] + fields[10]
        pieces = self._iter_raw(member, start)
        if member.method != STORED:
            pieces = _inflate(member, pieces)
        done = crc = 0
        for piece in pieces:
            done += len(piece)
            crc = zlib.crc32(piece, crc)
            if done > member.size_bytes:
                break
            yield piece
        if done != member.size_bytes:
            more = "more than" if done > member.size_bytes else f"{done} of"
            message = (
                f"Found {more} the {member.size_bytes} bytes that it declares: "
                f"{member.shown_name}"
            )
            raise ArchiveFormatError(message)
        if crc != member.crc32:
            message = f"Found content with another CRC-32: {member.shown_name}"
            raise ArchiveFormatError(message)

    def _iter_raw(self, member: ArchiveMember, start: int) -> Iterator[bytes]:
        left = member.compressed_bytes
        while left:
            piece = self._pread(min(left, PIECE_BYTES), start, member.shown_name)
            yield piece
            start += len(piece)
            left -= len(piece)

    def _iter_central(self) -> Iterator[tuple[int, CentralRecord]]:
        place, window_start, window = self.directory.offset, 0, b""
        while place < self.directory.end:
            # A record is at most three times 64 KiB and its fixed part.
            left = self.directory.end - place
            needed = min(left, CENTRAL.size + 3 * 0xFFFF)
            if place + needed > window_start + len(window):
                window_start = place
                window = os.pread(self._descriptor, min(left, WINDOW_BYTES), place)
            start = place - window_start
            if window[start : start + 4] != b"PK\x01\x02" or left < CENTRAL.size:
                message = f"Found no record of the central directory at {place}"
                raise ArchiveFormatError(message)
            lengths = CENTRAL.unpack_from(window, start)[10:13]
            length = CENTRAL.size + sum(lengths)
            raw = window[start : start + length]
            if len(raw) < length or length > left:
                message = f"Found a cut record of the central directory at {place}"
                raise ArchiveFormatError(message)
            yield place, parse_central_record(raw)
            place += length

    def _read_local(self, central: CentralRecord) -> LocalHeader:
        shown = central.shown_name
        start = central.header_offset
        guess = LOCAL.size + len(central.name) + GUESSED_EXTRA_BYTES
        room = self.directory.offset - start
        raw = self._pread(min(guess, room), start, shown) if room > 0 else b""
        if len(raw) < LOCAL.size or not raw.startswith(b"PK\x03\x04"):
            message = f"Found no local file header at {start}: {shown}"
            raise ArchiveFormatError(message)
        fields = LOCAL.unpack_from(raw)
        length = LOCAL.size + fields[9] + fields[10]
        if length > len(raw):
            raw = self._pread(length, start, shown)
        return parse_local_header(raw[:length], shown)

    def _find_end(self, central: CentralRecord, local: LocalHeader) -> int:
        end = central.header_offset + len(local.raw) + central.compressed_bytes
        if end > self.directory.offset:
            message = (
                f"Found {central.compressed_bytes} bytes declared, which do not fit "
                f"into the archive: {central.shown_name}"
            )
            raise ArchiveFormatError(message)
        if not local.has_descriptor:
            return end
        found = os.pread(self._descriptor, 24, end)
        sizes = (central.compressed_bytes, central.size_bytes)
        for width in (8, 4):
            body = central.crc32.to_bytes(4, "little") + b"".join(
                (size & (1 << 8 * width) - 1).to_bytes(width, "little")
                for size in sizes
            )
            for descriptor in (DESCRIPTOR_SIGNATURE + body, body):
                if found.startswith(descriptor):
                    return end + len(descriptor)
        message = (
            "Found a data descriptor that contradicts the central directory: "
            f"{central.shown_name}"
        )
        raise ArchiveFormatError(message)

    def _check_extents(
        self, starts: "array[int]", ends: "array[int]", places: "array[int]"
    ) -> None:
        order: Iterator[int] | list[int] = iter(range(len(starts)))
        if any(starts[i] < ends[i - 1] for i in range(1, len(starts))):
            order = sorted(range(len(starts)), key=starts.__getitem__)
        expected = 0
        for index in order:
            if starts[index] != expected:
                what = "overlaps another" if starts[index] < expected else "has a gap"
                where = "one" if starts[index] < expected else "before it"
                shown = self._shown_name_at(places[index])
                message = (
                    f"Found a member that {what} {where}: it starts at "
                    f"{starts[index]}, expected {expected}: {shown}"
                )
                raise ArchiveFormatError(message)
            expected = ends[index]
        if expected != self.directory.offset:
            message = (
                f"Found {self.directory.offset - expected} bytes between the last "
                "member and the central directory, expected none"
            )
            raise ArchiveFormatError(message)

    def _shown_name_at(self, place: int) -> str:
        fixed = os.pread(self._descriptor, CENTRAL.size, place)
        length = CENTRAL.unpack(fixed)[10]
        name = os.pread(self._descriptor, length, place + CENTRAL.size)
        return quote_name(name.decode("utf-8", "replace"))

    def _pread(self, length: int, start: int, shown: str) -> bytes:
        piece = os.pread(self._descriptor, length, start)
        if len(piece) != length:
            message = f"Found the end of the file inside of a member: {shown}"
            raise ArchiveFormatError(message)
        return piece


def _check_headers(
    member: ArchiveMember, central: CentralRecord, local: LocalHeader
) -> None:
    declared = (central.crc32, central.compressed_bytes, central.size_bytes)
    found = (local.crc32, local.compressed_bytes, local.size_bytes)
    is_open = local.has_descriptor and found[1:] == (0, 0)
    if central.name != local.name or central.method != local.method:
        what = "name" if central.name != local.name else "method"
        message = (
            f"Found another {what} in the local file header than in the central "
            f"directory: {member.shown_name}"
        )
        raise ArchiveFormatError(message)
    if found != declared and not is_open:
        message = (
            f"Found {local.size_bytes} bytes in the local file header and "
            f"{central.size_bytes} in the central directory, or another CRC-32 or "
            f"compressed size: {member.shown_name}"
        )
        raise ArchiveFormatError(message)
    is_stored = member.method == STORED
    if is_stored and member.size_bytes != member.compressed_bytes:
        message = (
            f"Found {member.compressed_bytes} stored bytes that declare "
            f"{member.size_bytes}: {member.shown_name}"
        )
        raise ArchiveFormatError(message)
    if member.kind is MemberKind.FOLDER and member.size_bytes:
        message = f"Found a folder with content, expected none: {member.shown_name}"
        raise ArchiveFormatError(message)


def _inflate(member: ArchiveMember, pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in pieces:
            compressed = piece
            while compressed and not inflater.eof:
                yield inflater.decompress(compressed, PIECE_BYTES)
                compressed = inflater.unconsumed_tail
            if inflater.unused_data or (compressed and inflater.eof):
                break
        yield from _drain(inflater)
    except zlib.error as error:
        message = f"Found damaged compressed data: {member.shown_name}"
        raise ArchiveFormatError(message) from error
    is_rest = bool(inflater.unused_data) or next(pieces, None) is not None
    if not inflater.eof or is_rest:
        what = "bytes behind" if inflater.eof else "no end of"
        message = f"Found {what} the compressed data: {member.shown_name}"
        raise ArchiveFormatError(message)


def _drain(inflater: "zlib._Decompress") -> Iterator[bytes]:
    # All input is in, but a piece may have filled up before its last bytes came out.
    while not inflater.eof:
        piece = inflater.decompress(inflater.unconsumed_tail, PIECE_BYTES)
        if not piece:
            return
        yield piece
