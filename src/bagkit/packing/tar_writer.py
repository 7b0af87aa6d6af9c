"""Writing tar members one after the other, as the same walk finds them for a ZIP.

Source: POSIX.1-2017 pax, "ustar Interchange Format"; ADR 0108.
"""

import hashlib
import stat
import tarfile

from bagkit.packing.member_writer import (
    PIECE_BYTES,
    ChangedWhileReadError,
    MemberWriter,
)
from bagkit.packing.zip_records import MemberHeader
from bagkit.trees.tree import ReadAt

TYPES = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
}


class TarMemberWriter(MemberWriter):
    """Writes headers and content as tar has them, without compressing anything.

    Invariants: owners are left out and times are whole seconds, so that the same
    files give the same bytes.
    """

    def add_member(self, header: MemberHeader, stored: bytes) -> int:
        """Append a folder, or a link with its target as the stored data."""
        start = self.position
        self.append(_format_header(header, target=stored))
        return start

    def add_content(self, header: MemberHeader, content: bytes) -> tuple[int, str]:
        """Append a small file."""
        header.size_bytes = header.compressed_bytes = len(content)
        start = self.position
        self.append(_format_header(header))
        self.append(content)
        self._fill_block(len(content))
        return start, hashlib.sha256(content).hexdigest()

    def add_stream(self, header: MemberHeader, read_at: ReadAt) -> tuple[int, str]:
        """Append a large file piece by piece.

        Raises:
            ChangedWhileReadError: If there was more or less to read than expected.
            OSError: If it could not be read. Nothing is left behind either way.
        """
        start = self.position
        header.compressed_bytes = header.size_bytes
        self.append(_format_header(header))
        try:
            sha256 = self._copy(header, read_at)
        except (OSError, ChangedWhileReadError):
            self.cut(start)
            raise
        self._fill_block(header.size_bytes)
        return start, sha256

    def end(self) -> None:
        """Append the two empty blocks that close a tar archive."""
        self.append(bytes(2 * tarfile.BLOCKSIZE))
        self.flush()

    def _copy(self, header: MemberHeader, read_at: ReadAt) -> str:
        digest, done = hashlib.sha256(), 0
        while done <= header.size_bytes and (piece := read_at(PIECE_BYTES, done)):
            digest.update(piece)
            self.append(piece)
            done += len(piece)
        if done != header.size_bytes:
            raise ChangedWhileReadError
        return digest.hexdigest()

    def _fill_block(self, size_bytes: int) -> None:
        self.append(bytes(-size_bytes % tarfile.BLOCKSIZE))


def _format_header(header: MemberHeader, *, target: bytes = b"") -> bytes:
    # The workspace's own folder has no name of its own in the archive.
    member = tarfile.TarInfo(header.name.decode().rstrip("/") or ".")
    member.type = TYPES[stat.S_IFMT(header.mode)]
    member.mode = stat.S_IMODE(header.mode)
    member.mtime = header.modified_seconds
    if member.type == tarfile.REGTYPE:
        member.size = header.size_bytes
    member.linkname = target.decode()
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
