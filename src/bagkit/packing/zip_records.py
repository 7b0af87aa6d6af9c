"""The records of a ZIP archive, byte by byte.

Every member's sizes and CRC-32 stand in its local file header (there are no data
descriptors), ZIP64 fields appear exactly when a value needs them and then in both
headers, and every time derives from the member itself, so that the same content
gives the same bytes.

Source: APPNOTE 6.3.10, sections 4.3.7 to 4.3.16, 4.5.3; Info-ZIP extra field 0x5455.
"""

import struct
import time
from dataclasses import dataclass

STORED = 0
DEFLATED = 8
FLAG_UTF8 = 0x0800
MADE_BY_UNIX = 3 << 8
VERSION_PLAIN = 20
VERSION_ZIP64 = 45
MARK_32 = 0xFFFFFFFF
"""Stands in a field whose value is in the ZIP64 field instead."""
MARK_16 = 0xFFFF
LIMIT_32 = MARK_32
"""A size or offset of this value or more needs ZIP64 (4.4.8, 4.4.9)."""
LIMIT_16 = MARK_16
"""So many members or more need ZIP64 (4.4.21)."""
MAX_NAME_BYTES = 0xFFFF

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_EXTRA_HEADER = struct.Struct("<2H")
_TIMES_EXTRA = struct.Struct("<2HBl")

EXTRA_ZIP64 = 0x0001
EXTRA_TIMES = 0x5455
_OFFSET_FIELD = 42
_EXTRA_LENGTH_FIELD = 30
_FIRST_DOS_SECOND = 315532800  # 1980-01-01
_LAST_DOS_SECOND = 4354819198  # 2107-12-31 23:59:58
_MIN_32_BIT_SECOND = -(1 << 31)
_MAX_32_BIT_SECOND = (1 << 31) - 1


@dataclass(slots=True)
class MemberHeader:
    """All that the two headers of one member say.

    Units: sizes in bytes; the time in whole seconds since 1970, UTC.
    """

    name: bytes
    """UTF-8; a folder's ends with a slash."""
    mode: int
    """Unix mode with the file type."""
    modified_seconds: int
    method: int = STORED
    crc32: int = 0
    size_bytes: int = 0
    compressed_bytes: int = 0


def local_file_header(header: MemberHeader) -> bytes:
    """Return the record before a member's data.

    Raises:
        struct.error: If the name is longer than ``MAX_NAME_BYTES``.

    Source: APPNOTE 4.3.7.
    """
    needs_zip64 = _needs_zip64(header)
    extra = _times_extra(header.modified_seconds)
    size, compressed = header.size_bytes, header.compressed_bytes
    if needs_zip64:
        sizes = struct.pack("<2H2Q", EXTRA_ZIP64, 16, size, compressed)
        extra = sizes + extra
        size = compressed = MARK_32
    return (
        _LOCAL.pack(
            b"PK\x03\x04",
            VERSION_ZIP64 if needs_zip64 else VERSION_PLAIN,
            FLAG_UTF8,
            header.method,
            *_dos_time(header.modified_seconds),
            header.crc32,
            compressed,
            size,
            len(header.name),
            len(extra),
        )
        + header.name
        + extra
    )


def central_header(header: MemberHeader) -> bytes:
    """Return a member's record of the central directory, its offset still zero.

    ``with_offset`` fills it in when the member's place in the archive is known.

    Source: APPNOTE 4.3.12.
    """
    needs_zip64 = _needs_zip64(header)
    extra = _times_extra(header.modified_seconds)
    size, compressed = header.size_bytes, header.compressed_bytes
    if needs_zip64:
        sizes = struct.pack("<2H2Q", EXTRA_ZIP64, 16, size, compressed)
        extra = sizes + extra
        size = compressed = MARK_32
    version = VERSION_ZIP64 if needs_zip64 else VERSION_PLAIN
    folder_bit = 0x10 if header.name.endswith(b"/") else 0
    return (
        _CENTRAL.pack(
            b"PK\x01\x02",
            MADE_BY_UNIX | version,
            version,
            FLAG_UTF8,
            header.method,
            *_dos_time(header.modified_seconds),
            header.crc32,
            compressed,
            size,
            len(header.name),
            len(extra),
            0,  # comment length
            0,  # disk number
            0,  # internal attributes
            header.mode << 16 | folder_bit,
            0,  # offset, see with_offset
        )
        + header.name
        + extra
    )


def with_offset(record: bytes, offset: int) -> bytes:
    """Return a central record with the offset of its local file header.

    Units: bytes from the start of the archive.

    Source: APPNOTE 4.4.16, 4.5.3.
    """
    if offset < LIMIT_32:
        place = offset.to_bytes(4, "little")
        return record[:_OFFSET_FIELD] + place + record[_OFFSET_FIELD + 4 :]
    fixed = bytearray(record[: _CENTRAL.size])
    (name_length,) = struct.unpack_from("<H", fixed, 28)
    name = record[_CENTRAL.size : _CENTRAL.size + name_length]
    extra = record[_CENTRAL.size + name_length :]
    sizes = b""
    if extra[:2] == EXTRA_ZIP64.to_bytes(2, "little"):
        sizes, extra = extra[4:20], extra[20:]
    body = sizes + struct.pack("<Q", offset)
    extra = _EXTRA_HEADER.pack(EXTRA_ZIP64, len(body)) + body + extra
    struct.pack_into("<H", fixed, _EXTRA_LENGTH_FIELD, len(extra))
    struct.pack_into("<L", fixed, _OFFSET_FIELD, MARK_32)
    struct.pack_into("<2H", fixed, 4, MADE_BY_UNIX | VERSION_ZIP64, VERSION_ZIP64)
    return bytes(fixed) + name + extra


def end_of_central_directory(
    *, member_count: int, directory_bytes: int, directory_offset: int
) -> bytes:
    """Return the records that close an archive, with ZIP64 exactly when needed.

    Shape: 22 bytes, or 98 with the ZIP64 record and its locator before them.
    Units: sizes and offsets in bytes from the start of the archive.

    Source: APPNOTE 4.3.14, 4.3.15, 4.3.16.
    """
    counted = member_count if member_count < LIMIT_16 else MARK_16
    sizes = [
        value if value < LIMIT_32 else MARK_32
        for value in (directory_bytes, directory_offset)
    ]
    end = _END.pack(b"PK\x05\x06", 0, 0, counted, counted, *sizes, 0)
    if counted != MARK_16 and MARK_32 not in sizes:
        return end
    record = _END_64.pack(
        b"PK\x06\x06",
        _END_64.size - 12,
        MADE_BY_UNIX | VERSION_ZIP64,
        VERSION_ZIP64,
        0,
        0,
        member_count,
        member_count,
        directory_bytes,
        directory_offset,
    )
    locator = _LOCATOR_64.pack(b"PK\x06\x07", 0, directory_offset + directory_bytes, 1)
    return record + locator + end


def is_time_representable(seconds: int) -> bool:
    """Answer whether a time comes back exactly from a member's headers."""
    return (
        _MIN_32_BIT_SECOND <= seconds <= _MAX_32_BIT_SECOND
        or _FIRST_DOS_SECOND <= seconds <= _LAST_DOS_SECOND
    )


def _needs_zip64(header: MemberHeader) -> bool:
    return header.size_bytes >= LIMIT_32 or header.compressed_bytes >= LIMIT_32


def _times_extra(seconds: int) -> bytes:
    # The field is a signed 32-bit number; a later time has only the DOS field.
    if not _MIN_32_BIT_SECOND <= seconds <= _MAX_32_BIT_SECOND:
        return b""
    return _TIMES_EXTRA.pack(EXTRA_TIMES, 5, 1, seconds)


_LAST_DOS: tuple[int, tuple[int, int]] = (0, (0, 33))


def _dos_time(seconds: int) -> tuple[int, int]:
    # Workspaces repeat the same times, and gmtime is dear at 50,000 files.
    global _LAST_DOS
    if seconds == _LAST_DOS[0]:
        return _LAST_DOS[1]
    clamped = min(max(seconds, _FIRST_DOS_SECOND), _LAST_DOS_SECOND)
    t = time.gmtime(clamped)
    clock = t.tm_hour << 11 | t.tm_min << 5 | t.tm_sec // 2
    day = (t.tm_year - 1980) << 9 | t.tm_mon << 5 | t.tm_mday
    _LAST_DOS = (seconds, (clock, day))
    return clock, day
