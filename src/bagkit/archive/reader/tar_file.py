"""Reading tar archives member by member: files, folders and links, nothing else.

Source: ADR 0041; lessons 3a (GitLab 416161, CPython CVE-2025-4517, CVE-2025-8194).
"""

from collections.abc import Callable, Iterator

from bagkit.archive.reader.member import ArchiveMember
from bagkit.archive.reader.streams import ByteStream
from bagkit.archive.reader.tar_headers import (
    BLOCK_BYTES,
    MAX_EXTENSION_BYTES,
    TarExtensions,
    TarHeader,
    parse_pax,
    parse_tar_header,
)
from bagkit.archive.reader.zip_file import MAX_MEMBERS, PIECE_BYTES
from bagkit.errors import ArchiveFormatError, UnpackLimitError

MAX_PADDING_BYTES = 1 << 20
"""Zeros behind the end; the largest record that tar programs fill up is this long."""
MAX_EXTENSIONS = 4
"""Blocks in a row that only describe the next member."""
_ZEROS = bytes(BLOCK_BYTES)


class TarReader:
    """One tar archive, perhaps compressed.

    Invariants: used by one thread; the content of a member can be read until the
    next one was asked for. Nothing in the archive decides how much memory is used.
    """

    def __init__(
        self,
        open_stream: Callable[[], ByteStream],
        archive_bytes: int,
        *,
        max_members: int = MAX_MEMBERS,
    ) -> None:
        self.archive_bytes = archive_bytes
        self._open_stream = open_stream
        self._max_members = max_members
        self._stream = open_stream()
        self._place = 0
        self._current: ArchiveMember | None = None
        self._content_left = 0

    def iter_members(self) -> Iterator[ArchiveMember]:
        """Yield every member from the first one on.

        Raises:
            ArchiveFormatError: If the archive is damaged or has no end.
            UnsupportedMemberError: If a member is no file, folder or link.
            UnpackLimitError: If there are too many members.
        """
        self._stream = self._open_stream()
        self._place = self._content_left = 0
        count = 0
        while (block := self._read(BLOCK_BYTES)) != _ZEROS:
            member = self._read_member(block)
            count += 1
            if count > self._max_members:
                message = f"Found {count} members, limit is {self._max_members}"
                raise UnpackLimitError(message)
            self._current, self._content_left = member, member.size_bytes
            yield member
            for _ in self._iter_rest():
                pass
            self._read(-member.size_bytes % BLOCK_BYTES)
        self._check_end()

    def iter_content(self, member: ArchiveMember) -> Iterator[bytes]:
        """Yield the content of the member that was yielded last.

        Raises:
            ArchiveFormatError: If the archive ends in it.
            ValueError: If it is another member.
        """
        if member is not self._current or self._content_left != member.size_bytes:
            message = f"Found another member than the last one: {member.shown_name}"
            raise ValueError(message)
        return self._iter_rest()

    def _iter_rest(self) -> Iterator[bytes]:
        while self._content_left:
            piece = self._read(min(self._content_left, PIECE_BYTES))
            self._content_left -= len(piece)
            yield piece

    def _read_member(self, block: bytes) -> ArchiveMember:
        extensions = TarExtensions()
        for _ in range(MAX_EXTENSIONS + 1):
            header = parse_tar_header(block)
            if header.type not in (b"x", b"g", b"L", b"K"):
                return header.to_member(extensions, self._place - BLOCK_BYTES)
            self._add_extension(extensions, header)
            block = self._read(BLOCK_BYTES)
        message = f"Found more than {MAX_EXTENSIONS} extended headers in a row"
        raise ArchiveFormatError(message)

    def _add_extension(self, extensions: TarExtensions, header: TarHeader) -> None:
        if header.size_bytes > MAX_EXTENSION_BYTES:
            message = (
                f"Found an extended header of {header.size_bytes} bytes, "
                f"limit is {MAX_EXTENSION_BYTES}"
            )
            raise ArchiveFormatError(message)
        body = self._read(header.size_bytes)
        self._read(-header.size_bytes % BLOCK_BYTES)
        if header.type == b"g":
            if parse_pax(body):
                message = "Found a name, size or time for all members, expected none"
                raise ArchiveFormatError(message)
        elif header.type == b"x":
            if extensions.pax:
                message = "Found two lists of pax records before one member"
                raise ArchiveFormatError(message)
            extensions.pax = parse_pax(body)
        elif header.type == b"L":
            extensions.long_name = body.partition(b"\0")[0]
        else:
            extensions.long_target = body.partition(b"\0")[0]

    def _read(self, length: int) -> bytes:
        piece = self._stream.read(length)
        if len(piece) != length:
            message = f"Found the end of the tar archive at {self._place + len(piece)}"
            raise ArchiveFormatError(message)
        self._place += length
        return piece

    def _check_end(self) -> None:
        # Some programs write one block of zeros, some fill up a whole record.
        rest = self._stream.read(MAX_PADDING_BYTES + 1)
        if rest.strip(b"\0") or len(rest) > MAX_PADDING_BYTES:
            message = f"Found something behind the end of the tar at {self._place}"
            raise ArchiveFormatError(message)
