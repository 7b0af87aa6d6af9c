"""Where a ZIP archive's central directory is, by the records at its end.

Source: APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
"""

import os
import struct
from dataclasses import dataclass

from bagkit.archive.reader.records import CENTRAL
from bagkit.errors import ArchiveFormatError, UnsupportedMemberError
from bagkit.packing.zip_records import MARK_16, MARK_32

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_SIGNATURE = b"PK\x05\x06"
MAX_COMMENT_BYTES = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralDirectory:
    """The place of the central directory.

    Units: bytes; the offset from the start of the archive.
    """

    offset: int
    size_bytes: int
    member_count: int
    closing: bytes
    """Everything behind it, up to the end of the file."""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.offset + self.size_bytes


def find_central_directory(descriptor: int, archive_bytes: int) -> CentralDirectory:
    """Return where the central directory of an open archive is.

    The records have to fill the file up to its last byte and must not contradict one
    another; how many members there can be follows from the directory's size, so that
    no number in the file makes a reader allocate anything.

    Raises:
        ArchiveFormatError: If there is no such place, or more than one.
    """
    tail_bytes = min(archive_bytes, _END.size + MAX_COMMENT_BYTES)
    tail = os.pread(descriptor, tail_bytes, archive_bytes - tail_bytes)
    place = _find_end(tail)
    end = archive_bytes - tail_bytes + place
    fields = _END.unpack_from(tail, place)
    disks, counts, sizes = fields[1:3], fields[3:5], fields[5:7]
    closing_start = end
    wide = _read_wide_end(descriptor, end)
    if wide is not None:
        closing_start, disks, counts, sizes = _merge_wide(wide, fields)
    if any(disks):
        message = f"Found an archive of {max(disks) + 1} disks, expected one file"
        raise UnsupportedMemberError(message)
    closing = os.pread(descriptor, archive_bytes - closing_start, closing_start)
    directory = CentralDirectory(
        offset=sizes[1], size_bytes=sizes[0], member_count=counts[1], closing=closing
    )
    _check_place(directory, counts, closing_start)
    return directory


def _find_end(tail: bytes) -> int:
    places = []
    place = tail.rfind(_SIGNATURE)
    while place >= 0:
        if len(tail) - place >= _END.size:
            (comment_bytes,) = struct.unpack_from("<H", tail, place + 20)
            if place + _END.size + comment_bytes == len(tail):
                places.append(place)
        place = tail.rfind(_SIGNATURE, 0, place)
    if len(places) != 1:
        message = (
            f"Found {len(places)} ends of a central directory, expected one at the "
            "very end of the file; it is cut off, or something follows it"
        )
        raise ArchiveFormatError(message)
    return places[0]


def _read_wide_end(
    descriptor: int, end: int
) -> tuple[int, tuple[int | bytes, ...]] | None:
    start = end - _LOCATOR_64.size
    locator = os.pread(descriptor, _LOCATOR_64.size, start) if start >= 0 else b""
    if not locator.startswith(b"PK\x06\x07"):
        return None
    _, disk, place, disk_count = _LOCATOR_64.unpack(locator)
    record = b""
    # The record stands right before its locator (CVE-2025-8291: others looked only
    # there, or only where the locator says).
    if place == start - _END_64.size and not disk and disk_count == 1:
        record = os.pread(descriptor, _END_64.size, place)
    if len(record) != _END_64.size or not record.startswith(b"PK\x06\x06"):
        message = "Found a ZIP64 locator that leads nowhere"
        raise ArchiveFormatError(message)
    fields = _END_64.unpack(record)
    if fields[1] != _END_64.size - 12:
        message = f"Found a ZIP64 end of {fields[1]} bytes, expected 44"
        raise ArchiveFormatError(message)
    return place, fields


def _merge_wide(
    wide: tuple[int, tuple[int | bytes, ...]], narrow: tuple[int, ...]
) -> tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    place, record = wide
    numbers = tuple(int(value) for value in record[4:10])
    limits = (MARK_16,) * 4 + (MARK_32,) * 2
    for value, wide_value, limit in zip(narrow[1:7], numbers, limits, strict=True):
        if value not in (limit, wide_value):
            message = (
                f"Found {value} in the end of the central directory and {wide_value} "
                "in its ZIP64 record, expected both to agree"
            )
            raise ArchiveFormatError(message)
    return place, numbers[:2], numbers[2:4], numbers[4:6]


def _check_place(
    directory: CentralDirectory, counts: tuple[int, ...], closing_start: int
) -> None:
    if directory.end != closing_start:
        message = (
            f"Found a central directory that ends at {directory.end}, expected "
            f"{closing_start}; something stands before the archive or inside of it"
        )
        raise ArchiveFormatError(message)
    fits = directory.size_bytes // CENTRAL.size
    if counts[0] != counts[1] or directory.member_count > fits:
        message = (
            f"Found {max(counts)} members declared in a central directory of "
            f"{directory.size_bytes} bytes, which has room for {fits}"
        )
        raise ArchiveFormatError(message)
