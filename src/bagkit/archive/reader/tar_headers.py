"""The header blocks of a tar archive, read by hand.

Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header"; GNU
tar manual, "Basic Tar Format"; ADR 0041.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bagkit.archive.reader.member import ArchiveMember, MemberKind, quote_name
from bagkit.errors import ArchiveFormatError, UnsupportedMemberError

BLOCK_BYTES = 512
MAX_EXTENSION_BYTES = 1 << 20
"""Longest list of pax records, or long name."""
_KINDS = {
    b"0": MemberKind.FILE,
    b"\0": MemberKind.FILE,
    b"5": MemberKind.FOLDER,
    b"2": MemberKind.LINK,
}
_REFUSED = {
    b"1": "hard link",
    b"3": "character device",
    b"4": "block device",
    b"6": "FIFO",
    b"7": "contiguous file",
    b"S": "sparse file",
    b"M": "continued file",
    b"V": "volume label",
    b"D": "incremental folder",
}
_READ_PAX_KEYS = frozenset({"path", "linkpath", "size", "mtime"})
_MAX_NUMBER = (1 << 63) - 1
_LAST_SECOND = 253402300799  # 9999-12-31, the last that datetime holds
_FIRST_SECOND = -62135596800  # 0001-01-01


@dataclass(slots=True)
class TarExtensions:
    """What the blocks before a header say of the next member."""

    pax: dict[str, str] = field(default_factory=dict)
    long_name: bytes | None = None
    long_target: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TarHeader:
    """One header block.

    Units: sizes in bytes, the time in seconds since 1970.
    """

    name: bytes
    mode: int
    size_bytes: int
    modified_seconds: int
    type: bytes
    target: bytes

    def to_member(self, extensions: TarExtensions, offset: int) -> ArchiveMember:
        """Return the member that a header and the blocks before it describe.

        Raises:
            ArchiveFormatError: If it contradicts itself.
            UnsupportedMemberError: If it is neither file, folder nor link.
        """
        pax = extensions.pax
        name = _first_text(pax.get("path"), extensions.long_name, self.name)
        target = _first_text(pax.get("linkpath"), extensions.long_target, self.target)
        shown = quote_name(name)
        kind = self._kind(name, shown)
        if kind is MemberKind.FOLDER and not name.endswith("/"):
            name += "/"
        size = _parse_decimal(pax["size"], shown) if "size" in pax else self.size_bytes
        if kind is not MemberKind.FILE and size:
            message = f"Found a {kind} with {size} bytes, expected none: {shown}"
            raise ArchiveFormatError(message)
        return ArchiveMember(
            name=name,
            kind=kind,
            size_bytes=size,
            compressed_bytes=size,
            crc32=None,
            mode=self.mode & 0o7777,
            modified_at=_parse_time(pax.get("mtime"), self.modified_seconds, shown),
            method=0,
            header_offset=offset,
            link_target=target if kind is MemberKind.LINK else "",
        )

    def _kind(self, name: str, shown: str) -> MemberKind:
        kind = _KINDS.get(self.type)
        if kind is None:
            what = _REFUSED.get(self.type, f"member of type {self.type!r}")
            message = f"Found a {what}, expected a file, a folder or a link: {shown}"
            raise UnsupportedMemberError(message)
        # Before POSIX, a file whose name ends with a slash was a folder.
        if kind is MemberKind.FILE and name.endswith("/"):
            return MemberKind.FOLDER
        return kind


def parse_tar_header(block: bytes) -> TarHeader:
    """Return a header block.

    Raises:
        ArchiveFormatError: If its checksum or one of its numbers is wrong.
    """
    text = block[148:156]
    blanked = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in blanked)
    if _parse_octal(text) not in (sum(blanked), signed):
        message = "Found a tar header whose checksum is wrong"
        raise ArchiveFormatError(message)
    name = _cut(block[:100])
    is_ustar = block[257:263] == b"ustar\0"
    if is_ustar and block[345]:
        name = _cut(block[345:500]) + b"/" + name
    return TarHeader(
        name=name,
        mode=_parse_number(block[100:108]),
        size_bytes=_parse_number(block[124:136]),
        modified_seconds=_parse_number(block[136:148], can_be_negative=True),
        type=block[156:157],
        target=_cut(block[157:257]),
    )


def parse_pax(body: bytes) -> dict[str, str]:
    """Return pax records by their key.

    Raises:
        ArchiveFormatError: If they do not fill the body exactly, or one is twice.
        UnsupportedMemberError: If they describe a sparse file.
    """
    records: dict[str, str] = {}
    place = 0
    while place < len(body):
        length_text, blank, _ = body[place : place + 12].partition(b" ")
        length = _parse_digits(length_text) if blank else 0
        record = body[place : place + length]
        key, equals, value = record[len(length_text) + 1 : -1].partition(b"=")
        is_whole = len(record) == length and record.endswith(b"\n") and equals
        name = key.decode("utf-8", "surrogateescape")
        if not is_whole or (name in records and name in _READ_PAX_KEYS):
            message = f"Found a pax record that is damaged or there twice, at {place}"
            raise ArchiveFormatError(message)
        if name.startswith("GNU.sparse."):
            message = "Found a sparse file, expected a plain one"
            raise UnsupportedMemberError(message)
        records[name] = value.decode("utf-8", "surrogateescape")
        place += length
    return {name: value for name, value in records.items() if name in _READ_PAX_KEYS}


def _first_text(pax: str | None, long: bytes | None, short: bytes) -> str:
    if pax is not None:
        return pax
    return (short if long is None else long).decode("utf-8", "surrogateescape")


def _cut(field_bytes: bytes) -> bytes:
    return field_bytes.partition(b"\0")[0]


def _parse_octal(text: bytes) -> int:
    digits = text.strip(b" \0")
    if not digits:
        return 0
    if digits.strip(b"01234567"):
        message = f"Found {digits!r} in a tar header, expected an octal number"
        raise ArchiveFormatError(message)
    return int(digits, 8)


def _parse_number(text: bytes, *, can_be_negative: bool = False) -> int:
    if text[0] not in (0x80, 0xFF):
        return _parse_octal(text)
    # GNU's form for large numbers: base 256, two's complement.
    number = int.from_bytes(text[1:], "big")
    if text[0] == 0xFF:
        number -= 1 << 8 * (len(text) - 1)
    if (number < 0 and not can_be_negative) or abs(number) > _MAX_NUMBER:
        message = f"Found {number} in a tar header, expected a size"
        raise ArchiveFormatError(message)
    return number


def _parse_digits(text: bytes) -> int:
    return int(text) if text.isdigit() else 0


def _parse_decimal(text: str, shown: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        message = f"Found a size that is no number of bytes: {shown}"
        raise ArchiveFormatError(message)
    return int(text)


def _parse_time(pax: str | None, seconds: int, shown: str) -> datetime:
    try:
        # Fractions beyond a microsecond do not matter; 'nan' and 'inf' are refused.
        moment = float(pax) if pax is not None else seconds
        if _FIRST_SECOND <= moment <= _LAST_SECOND:
            return datetime.fromtimestamp(moment, UTC)
    except ValueError:
        pass
    message = f"Found a time that is no time between the years 1 and 9999: {shown}"
    raise ArchiveFormatError(message)
