"""Writing members one after the other into a file, header and data as they will be."""

import hashlib
import os
import zlib

from bagkit.errors import StagedWriteError
from bagkit.packing.compression import (
    SAMPLE_BYTES,
    StreamCompressor,
    choose_stream_compressor,
    compress_whole,
)
from bagkit.packing.zip_records import (
    DEFLATED,
    STORED,
    MemberHeader,
    local_file_header,
)
from bagkit.trees.tree import ReadAt

PIECE_BYTES = 1 << 20
WRITE_BYTES = 1 << 20
"""What is gathered before one write."""
KEPT_BYTES = 48 << 20
"""Compressed content that a writer keeps to use again for identical files."""
KEPT_FILE_BYTES = 256 << 10
"""Larger files are rarely starter code, and would push it out."""
COPY_BYTES = 64 << 20


class ChangedWhileReadError(Exception):
    """The file is not what it was when it was opened."""


class MemberWriter:
    """Writes local file headers and data to the end of an open file.

    Invariants: used by one thread; memory is bounded by ``KEPT_BYTES`` and the
    content that a caller hands over at once.

    Units: positions and sizes in bytes.
    """

    def __init__(self, descriptor: int, position: int = 0) -> None:
        self._descriptor = descriptor
        self._written = position
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._kept: dict[bytes, tuple[int, int, bytes]] = {}
        self._kept_bytes = 0

    @property
    def position(self) -> int:
        """The end of what was written, what is still gathered included."""
        return self._written + self._gathered_bytes

    def add_member(self, header: MemberHeader, stored: bytes) -> int:
        """Append a member whose data is at hand as it will be stored.

        Returns:
            Where its local file header starts.
        """
        start = self.position
        self.append(local_file_header(header))
        if stored:
            self.append(stored)
        return start

    def add_content(self, header: MemberHeader, content: bytes) -> tuple[int, str]:
        """Compress a small content, complete the header and append both.

        Returns:
            Where its local file header starts, and the content's SHA-256.
        """
        digest = hashlib.sha256(content)
        header.method, header.crc32, compressed = self._compress(
            digest.digest(), content
        )
        header.size_bytes = len(content)
        header.compressed_bytes = len(compressed)
        return self.add_member(header, compressed), digest.hexdigest()

    def add_stream(self, header: MemberHeader, read_at: ReadAt) -> tuple[int, str]:
        """Append a large file piece by piece and complete the header.

        Args:
            header: Its size is what the file must turn out to have.
            read_at: Reads the file from any place.

        Returns:
            Where its local file header starts, and the content's SHA-256.

        Raises:
            ChangedWhileReadError: If there was more or less to read.
            OSError: If it could not be read. Nothing is left behind either way.
        """
        start = self.position
        compressor = choose_stream_compressor(read_at(SAMPLE_BYTES, 0))
        try:
            sha256 = self._copy_stream(header, read_at, compressor)
            if compressor is not None and header.compressed_bytes >= header.size_bytes:
                # The sample was smaller than the rest; keep it as it is instead.
                self.cut(start)
                sha256 = self._copy_stream(header, read_at, None)
        except (OSError, ChangedWhileReadError):
            self.cut(start)
            raise
        self._overwrite(local_file_header(header), start)
        return start, sha256

    def append(self, piece: bytes) -> None:
        """Append bytes, gathering them into large writes.

        Raises:
            StagedWriteError: If the file cannot be written.
        """
        self._gathered.append(piece)
        self._gathered_bytes += len(piece)
        if self._gathered_bytes >= WRITE_BYTES:
            self.flush()

    def append_range(self, source: int, start: int, length: int) -> None:
        """Append a range of another file without looking at it.

        Raises:
            StagedWriteError: If the file cannot be written or the range is short.
        """
        self.flush()
        while length:
            try:
                count = os.copy_file_range(
                    source, self._descriptor, min(length, COPY_BYTES), start,
                    self._written,
                )  # fmt: skip
            except OSError as error:
                raise StagedWriteError(_say(error)) from error
            if not count:
                message = f"Found the end of a segment, expected {length} bytes more"
                raise StagedWriteError(message)
            start += count
            length -= count
            self._written += count

    def flush(self) -> None:
        """Write what was gathered.

        Raises:
            StagedWriteError: If the file cannot be written.
        """
        piece = memoryview(b"".join(self._gathered))
        self._gathered.clear()
        self._gathered_bytes = 0
        while piece:
            try:
                count = os.pwrite(self._descriptor, piece, self._written)
            except OSError as error:
                raise StagedWriteError(_say(error)) from error
            self._written += count
            piece = piece[count:]

    def cut(self, position: int) -> None:
        """Forget everything from a position on."""
        self.flush()
        try:
            os.ftruncate(self._descriptor, position)
        except OSError as error:
            raise StagedWriteError(_say(error)) from error
        self._written = position

    def _overwrite(self, piece: bytes, position: int) -> None:
        self.flush()
        try:
            os.pwrite(self._descriptor, piece, position)
        except OSError as error:
            raise StagedWriteError(_say(error)) from error

    def _copy_stream(
        self,
        header: MemberHeader,
        read_at: ReadAt,
        compressor: StreamCompressor | None,
    ) -> str:
        header.method = STORED if compressor is None else DEFLATED
        # Whether ZIP64 is needed follows from the size alone: content that grows
        # when it is compressed is stored in the end.
        header.compressed_bytes = header.size_bytes
        self.append(local_file_header(header))
        data_start = self.position
        digest, crc, done = hashlib.sha256(), 0, 0
        while piece := read_at(PIECE_BYTES, done):
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            done += len(piece)
            if done > header.size_bytes:
                break
            self.append(piece if compressor is None else compressor.compress(piece))
        if done != header.size_bytes:
            raise ChangedWhileReadError
        if compressor is not None:
            self.append(compressor.flush())
        header.crc32 = crc
        header.compressed_bytes = self.position - data_start
        return digest.hexdigest()

    def _compress(self, digest: bytes, content: bytes) -> tuple[int, int, bytes]:
        known = self._kept.get(digest)
        if known is not None:
            return known
        method, compressed = compress_whole(content)
        made = (method, zlib.crc32(content), compressed)
        if len(content) <= KEPT_FILE_BYTES:
            self._kept[digest] = made
            self._kept_bytes += len(compressed)
            while self._kept_bytes > KEPT_BYTES:
                oldest = next(iter(self._kept))
                self._kept_bytes -= len(self._kept.pop(oldest)[2])
        return made


def _say(error: OSError) -> str:
    return f"The staged file could not be written: {error.strerror or error}"
