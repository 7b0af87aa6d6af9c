"""Where the bytes of an archive go: into a file, or away as a stream.

A file is digested when the digest is wanted, since segments are copied into it without
passing through Python. A stream is digested as it goes, because nothing of it stays.

Source: ADR 0124.
"""

import hashlib
import os
from pathlib import Path
from typing import Protocol

from bagkit.errors import StagedWriteError
from bagkit.packing.handed_digest import HandedDigest
from bagkit.packing.member_writer import MemberWriter
from bagkit.packing.zip_records import MemberHeader
from bagkit.trees.tree import ReadAt

READ_BYTES = 1 << 20
OWNER_ONLY = 0o600
NOWHERE = -1


class ByteSink(Protocol):
    """Takes the bytes of an archive from front to back."""

    def write(self, piece: bytes, /) -> object:
        """Take all of the next piece."""


class _Digest(Protocol):
    def update(self, piece: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class FileArchive(MemberWriter):
    """An archive in a file."""

    def __init__(self, target: Path) -> None:
        self._target = os.open(
            target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY
        )
        super().__init__(self._target)
        self._digest = hashlib.sha256()
        self._digested_bytes = 0

    def close(self) -> None:
        """Close the file."""
        os.close(self._target)

    def digest_all(self) -> tuple[str, int]:
        """Return the SHA-256 and the size of all that was added so far.

        Raises:
            StagedWriteError: If the file is not as long as what was added.
        """
        self.flush()
        # What was digested for the seal is not read again for the whole archive.
        while piece := os.pread(self._target, READ_BYTES, self._digested_bytes):
            self._digest.update(piece)
            self._digested_bytes += len(piece)
        if self._digested_bytes != self.position:
            message = (
                f"Found {self._digested_bytes} staged bytes, expected {self.position}"
            )
            raise StagedWriteError(message)
        return self._digest.hexdigest(), self._digested_bytes


class StreamedArchive(MemberWriter):
    """An archive that is handed on piece by piece, of which nothing is kept.

    Invariants: what was handed on cannot be changed, so a member that is streamed is
    written to a spool first, for its header stands before it and says its size.
    """

    def __init__(self, sink: ByteSink, folder: Path) -> None:
        super().__init__(NOWHERE)
        self._sink = sink
        self._spool = folder / "streamed-member"
        self._digest: _Digest = hashlib.sha256()

    def close(self) -> None:
        """Do nothing: the sink belongs to the caller."""

    def digest_all(self) -> tuple[str, int]:
        """Return the SHA-256 and the size of all that was added so far."""
        self.flush()
        return self._digest.hexdigest(), self.position

    def add_stream(self, header: MemberHeader, read_at: ReadAt) -> tuple[int, str]:
        """Append a large file by way of the spool."""
        start = self.position
        with self._spool.open("w+b") as file:
            spool = MemberWriter(file.fileno())
            _start, sha256 = spool.add_stream(header, read_at)
            spool.flush()
            self.append_range(file.fileno(), 0, spool.position)
        self._spool.unlink()
        return start, sha256

    def append_range(self, source: int, start: int, length: int) -> None:
        """Append a range of another file.

        Raises:
            StagedWriteError: If the range is short.
        """
        while length:
            piece = os.pread(source, min(length, READ_BYTES), start)
            if not piece:
                message = f"Found the end of a segment, expected {length} bytes more"
                raise StagedWriteError(message)
            self.append(piece)
            start += len(piece)
            length -= len(piece)

    def flush(self) -> None:
        """Hand on what was gathered."""
        piece = b"".join(self._gathered)
        self._gathered.clear()
        self._gathered_bytes = 0
        self._digest.update(piece)
        self._sink.write(piece)
        self._written += len(piece)


class SharedArchive(StreamedArchive):
    """A stream of which others write the middle.

    Raises:
        PackingError: If this machine cannot hand a digest on.
    """

    def __init__(self, sink: ByteSink, folder: Path) -> None:
        super().__init__(sink, folder)
        self._handed = self._digest = HandedDigest()

    def hand_on(self) -> bytes:
        """Hand on all bytes, and return the state of the digest."""
        self.flush()
        return self._handed.hand_on()

    def skip(self, length: int) -> None:
        """Count bytes that another writes."""
        self._written += length

    def go_on(self, digest: bytes) -> None:
        """Go on behind what others wrote, with the digest that they handed on."""
        self._handed = self._digest = HandedDigest(digest)


ArchiveWriter = FileArchive | StreamedArchive
