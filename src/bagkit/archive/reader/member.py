"""One entry of an archive that is read, whatever the archive's format."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

SHOWN_CHARACTERS = 120
"""Longer names are cut where they are shown."""


class MemberKind(StrEnum):
    """What a member unpacks to."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveMember:
    """What an archive says of one of its members.

    Units: sizes in bytes; offsets from the start of the archive, for a compressed tar
    from the start of what it decompresses to.
    """

    name: str
    """As in the archive; a folder's ends with a slash. Bytes that are no UTF-8 are
    surrogates, as ``os.fsdecode`` makes them."""
    kind: MemberKind
    size_bytes: int
    compressed_bytes: int
    """What it takes in the archive; for tar the same as its size."""
    crc32: int | None
    """None where the format has none."""
    mode: int
    """Permission bits, set-user and set-group bits included as they were found."""
    modified_at: datetime
    method: int
    """The ZIP specification's number; 0, stored, for tar."""
    header_offset: int
    link_target: str = ""
    """For tar; a ZIP has it as the link's content."""

    @property
    def shown_name(self) -> str:
        """The name in quotes, cut, and safe to print."""
        return quote_name(self.name)


class ArchiveReader(Protocol):
    """An archive whose members can be gone through more than once."""

    @property
    def archive_bytes(self) -> int:
        """The size of the archive itself."""

    def iter_members(self) -> Iterator[ArchiveMember]:
        """Yield every member, checking the structure on the way.

        Raises:
            ArchiveFormatError: If the archive contradicts itself.
        """

    def iter_content(self, member: ArchiveMember) -> Iterator[bytes]:
        """Yield the content of the member that ``iter_members`` gave last.

        Raises:
            ArchiveFormatError: If there is more or less of it than the member says.
        """


def quote_name(name: str) -> str:
    """Return a name in quotes, cut to ``SHOWN_CHARACTERS`` and safe to print.

    Control characters, also those that change the direction of writing, and bytes
    that are not UTF-8 are escaped.
    """
    cut = name[:SHOWN_CHARACTERS]
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
    return f"'{shown}{'…' if len(name) > SHOWN_CHARACTERS else ''}'"
