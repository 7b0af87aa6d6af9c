"""The records of a ZIP archive as they are read: the two headers of each member.

Source: APPNOTE 6.3.10, sections 4.3.7, 4.3.9, 4.3.12, 4.4, 4.5.3; Info-ZIP extra
field 0x5455.
"""

import stat
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bagkit.archive.reader.member import ArchiveMember, MemberKind, quote_name
from bagkit.errors import ArchiveFormatError, UnsupportedMemberError
from bagkit.packing.zip_records import (
    DEFLATED,
    EXTRA_TIMES,
    EXTRA_ZIP64,
    FLAG_UTF8,
    MARK_16,
    MARK_32,
    STORED,
)

CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
FLAG_DESCRIPTOR = 0x0008
FLAGS_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
FLAG_PATCH = 0x0020
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DOS_TIME = datetime(1980, 1, 1, tzinfo=UTC)
FILE_MODE = 0o644
FOLDER_MODE = 0o755
_KINDS = {
    stat.S_IFREG: MemberKind.FILE,
    stat.S_IFDIR: MemberKind.FOLDER,
    stat.S_IFLNK: MemberKind.LINK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralRecord:
    """One record of the central directory.

    Units: sizes and the offset in bytes.
    """

    raw: bytes
    """The record, byte for byte."""
    name: bytes
    flags: int
    method: int
    dos_time: tuple[int, int]
    crc32: int
    compressed_bytes: int
    size_bytes: int
    attributes: int
    """Unix mode in the high half."""
    header_offset: int
    modified_seconds: int | None
    """From the extended timestamp, or None."""

    @property
    def shown_name(self) -> str:
        """The name in quotes, safe to print."""
        return quote_name(decode_name(self.name, self.flags))

    def to_member(self) -> ArchiveMember:
        """Return the member that the record describes.

        Raises:
            UnsupportedMemberError: If it is neither file, folder nor link.
            ArchiveFormatError: If its name and its mode contradict each other.
        """
        kind = self._kind()
        mode = stat.S_IMODE(self.attributes >> 16)
        default = FOLDER_MODE if kind is MemberKind.FOLDER else FILE_MODE
        return ArchiveMember(
            name=decode_name(self.name, self.flags),
            kind=kind,
            size_bytes=self.size_bytes,
            compressed_bytes=self.compressed_bytes,
            crc32=self.crc32,
            mode=mode if self.attributes >> 16 else default,
            modified_at=self._modified_at(),
            method=self.method,
            header_offset=self.header_offset,
        )

    def _kind(self) -> MemberKind:
        file_type = stat.S_IFMT(self.attributes >> 16)
        is_folder_name = self.name.endswith(b"/")
        if not file_type:
            return MemberKind.FOLDER if is_folder_name else MemberKind.FILE
        kind = _KINDS.get(file_type)
        if kind is None:
            message = (
                f"Found a member of type {file_type:#o}, expected a file, "
                f"a folder or a link: {self.shown_name}"
            )
            raise UnsupportedMemberError(message)
        if (kind is MemberKind.FOLDER) != is_folder_name:
            message = (
                f"Found a {kind} by its mode, but not by its name, "
                f"expected both to agree: {self.shown_name}"
            )
            raise ArchiveFormatError(message)
        return kind

    def _modified_at(self) -> datetime:
        if self.modified_seconds is not None:
            return EPOCH + timedelta(seconds=self.modified_seconds)
        return parse_dos_time(*self.dos_time)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHeader:
    """What stands before a member's data.

    Units: sizes in bytes.
    """

    raw: bytes
    name: bytes
    flags: int
    method: int
    crc32: int
    compressed_bytes: int
    size_bytes: int

    @property
    def has_descriptor(self) -> bool:
        """Whether sizes and CRC-32 follow the data."""
        return bool(self.flags & FLAG_DESCRIPTOR)


def parse_central_record(raw: bytes) -> CentralRecord:
    """Return a record of the central directory.

    Args:
        raw: The whole record, its variable fields included.

    Raises:
        ArchiveFormatError: If its fields contradict each other.
        UnsupportedMemberError: If the member cannot be read by us.
    """
    fields = CENTRAL.unpack_from(raw)
    flags, method, clock, day, crc32, compressed, size, name_length = fields[3:11]
    disk, attributes, offset = fields[13], fields[15], fields[16]
    name = raw[CENTRAL.size : CENTRAL.size + name_length]
    shown = quote_name(decode_name(name, flags))
    extra = raw[CENTRAL.size + name_length : CENTRAL.size + name_length + fields[11]]
    fields_by_id = parse_extra(extra, shown)
    wide = fields_by_id.get(EXTRA_ZIP64, b"")
    sizes, wide = widen((size, compressed), wide, MARK_32, "<Q", shown)
    (offset,), wide = widen((offset,), wide, MARK_32, "<Q", shown)
    (disk,), wide = widen((disk,), wide, MARK_16, "<L", shown)
    if disk:
        message = f"Found a member on disk {disk}, expected one file: {shown}"
        raise UnsupportedMemberError(message)
    check_readable(flags, method, shown)
    return CentralRecord(
        raw=raw,
        name=name,
        flags=flags,
        method=method,
        dos_time=(clock, day),
        crc32=crc32,
        compressed_bytes=sizes[1],
        size_bytes=sizes[0],
        attributes=attributes,
        header_offset=offset,
        modified_seconds=_parse_times(fields_by_id.get(EXTRA_TIMES, b"")),
    )


def parse_local_header(raw: bytes, shown: str) -> LocalHeader:
    """Return a local file header.

    Args:
        raw: The header with its name and extra fields.
        shown: The member's name for messages.

    Raises:
        ArchiveFormatError: If its fields contradict each other.
    """
    fields = LOCAL.unpack_from(raw)
    flags, method, crc32, compressed, size = (*fields[2:4], *fields[6:9])
    name = raw[LOCAL.size : LOCAL.size + fields[9]]
    wide = parse_extra(raw[LOCAL.size + fields[9] :], shown).get(EXTRA_ZIP64, b"")
    sizes, _ = widen((size, compressed), wide, MARK_32, "<Q", shown)
    check_readable(flags, method, shown)
    return LocalHeader(
        raw=raw,
        name=name,
        flags=flags,
        method=method,
        crc32=crc32,
        compressed_bytes=sizes[1],
        size_bytes=sizes[0],
    )


def check_readable(flags: int, method: int, shown: str) -> None:
    """Refuse what we have no way to read.

    Raises:
        UnsupportedMemberError: If it is encrypted, a patch, or of another method.
    """
    if flags & FLAGS_ENCRYPTED:
        message = f"Found an encrypted member, expected none: {shown}"
        raise UnsupportedMemberError(message)
    if flags & FLAG_PATCH or method not in (STORED, DEFLATED):
        message = (
            f"Found method {method}, expected {STORED} (stored) or "
            f"{DEFLATED} (deflated): {shown}"
        )
        raise UnsupportedMemberError(message)


def parse_extra(extra: bytes, shown: str) -> dict[int, bytes]:
    """Return the extra fields by their number.

    Raises:
        ArchiveFormatError: If they do not fill their room or one is there twice.
    """
    found: dict[int, bytes] = {}
    place = 0
    while len(extra) - place >= 4:
        number, length = struct.unpack_from("<2H", extra, place)
        body = extra[place + 4 : place + 4 + length]
        if len(body) < length or number in found:
            message = f"Found extra fields that do not add up: {shown}"
            raise ArchiveFormatError(message)
        found[number] = body
        place += 4 + length
    if any(extra[place:]):
        # Some tools fill up with zeros; nothing else can stand there.
        message = f"Found {len(extra) - place} bytes behind the extra fields: {shown}"
        raise ArchiveFormatError(message)
    return found


def widen(
    values: tuple[int, ...], wide: bytes, limit: int, field: str, shown: str
) -> tuple[tuple[int, ...], bytes]:
    """Return values with those at their limit replaced from the ZIP64 field.

    Returns:
        The values, and what is left of the field.

    Raises:
        ArchiveFormatError: If the field is too short.

    Source: APPNOTE 4.5.3: only fields that are at their limit are there, in order.
    """
    found = []
    length = struct.calcsize(field)
    for value in values:
        # A tool may mean the limit itself when it writes no ZIP64 field at all.
        if value == limit and wide:
            if len(wide) < length:
                message = f"Found a ZIP64 field that is too short: {shown}"
                raise ArchiveFormatError(message)
            found.append(struct.unpack_from(field, wide)[0])
            wide = wide[length:]
        else:
            found.append(value)
    return tuple(found), wide


def decode_name(name: bytes, flags: int) -> str:
    """Return a member's name as text.

    Raises:
        ArchiveFormatError: If it says that it is UTF-8 and is not.

    Source: APPNOTE 4.4.4, bit 11, and Appendix D. Many tools write UTF-8 without
    saying so; only what is no UTF-8 is taken for code page 437.
    """
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        text = name.decode("cp437")
        if flags & FLAG_UTF8:
            message = f"Found a name that is not UTF-8 as it says: {quote_name(text)}"
            raise ArchiveFormatError(message) from error
        return text


def parse_dos_time(clock: int, day: int) -> datetime:
    """Return an MS-DOS time, taken for UTC; 1980-01-01 when it is no time at all."""
    try:
        return datetime(
            1980 + (day >> 9),
            day >> 5 & 15,
            day & 31,
            clock >> 11,
            clock >> 5 & 63,
            (clock & 31) * 2,
            tzinfo=UTC,
        )
    except ValueError:
        return FIRST_DOS_TIME


def _parse_times(body: bytes) -> int | None:
    if len(body) < 5 or not body[0] & 1:
        return None
    seconds: int = struct.unpack_from("<l", body, 1)[0]
    return seconds
