"""Opening an archive of whatever format, by its first bytes."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bagkit.archive.reader.member import ArchiveReader
from bagkit.archive.reader.streams import GzipStream, PlainStream, ZstandardStream
from bagkit.archive.reader.tar_file import TarReader
from bagkit.archive.reader.tar_headers import BLOCK_BYTES, parse_tar_header
from bagkit.archive.reader.zip_file import MAX_MEMBERS, ZipReader
from bagkit.errors import ArchiveFormatError

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP_START = b"\x1f\x8b"
_ZSTANDARD_START = b"\x28\xb5\x2f\xfd"


@contextmanager
def open_archive(
    source: Path, *, max_members: int = MAX_MEMBERS
) -> Iterator[ArchiveReader]:
    """Open a ZIP, tar, tar.gz or tar.zst archive for reading.

    Args:
        source: The archive; its name does not matter.
        max_members: An archive with more is refused.

    Raises:
        ArchiveFormatError: If it is none of them, or damaged.
        UnpackLimitError: If it declares more members.
        OSError: If it cannot be opened.
    """
    with open_regular_file(source) as (descriptor, archive_bytes):
        yield _choose_reader(descriptor, archive_bytes, max_members)


@contextmanager
def open_zip(source: Path, *, max_members: int = MAX_MEMBERS) -> Iterator[ZipReader]:
    """Open a ZIP archive for reading; see ``open_archive``."""
    with open_regular_file(source) as (descriptor, archive_bytes):
        yield ZipReader(descriptor, archive_bytes, max_members=max_members)


@contextmanager
def open_regular_file(source: Path) -> Iterator[tuple[int, int]]:
    """Open a file without blocking and give its descriptor and size.

    Raises:
        ArchiveFormatError: If it is no regular file.
        OSError: If it cannot be opened.
    """
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            message = f"Found no regular file, expected an archive: {source.name!r}"
            raise ArchiveFormatError(message)
        yield descriptor, status.st_size
    finally:
        os.close(descriptor)


def _choose_reader(
    descriptor: int, archive_bytes: int, max_members: int
) -> ArchiveReader:
    start = os.pread(descriptor, BLOCK_BYTES, 0)
    if start.startswith(_ZIP_STARTS):
        return ZipReader(descriptor, archive_bytes, max_members=max_members)
    if start.startswith(_GZIP_START):
        return TarReader(
            lambda: GzipStream(descriptor), archive_bytes, max_members=max_members
        )
    if start.startswith(_ZSTANDARD_START):
        return TarReader(
            lambda: ZstandardStream(descriptor), archive_bytes, max_members=max_members
        )
    _check_tar_start(start)
    return TarReader(
        lambda: PlainStream(descriptor), archive_bytes, max_members=max_members
    )


def _check_tar_start(start: bytes) -> None:
    try:
        if len(start) == BLOCK_BYTES and (not any(start) or parse_tar_header(start)):
            return
    except ArchiveFormatError:
        pass
    message = "Found neither a ZIP nor a tar archive at the start of the file"
    raise ArchiveFormatError(message)
