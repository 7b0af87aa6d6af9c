"""Reading archives: the only place that opens one that somebody else may have made."""

from bagkit.archive.reader.member import (
    ArchiveMember,
    ArchiveReader,
    MemberKind,
    quote_name,
)
from bagkit.archive.reader.opening import open_archive, open_regular_file, open_zip
from bagkit.archive.reader.zip_file import (
    MAX_LINK_BYTES,
    MAX_MEMBERS,
    ZipEntry,
    ZipReader,
)

__all__ = [
    "MAX_LINK_BYTES",
    "MAX_MEMBERS",
    "ArchiveMember",
    "ArchiveReader",
    "MemberKind",
    "ZipEntry",
    "ZipReader",
    "open_archive",
    "open_regular_file",
    "open_zip",
    "quote_name",
]
