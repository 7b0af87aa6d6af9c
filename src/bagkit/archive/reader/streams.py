"""Reading an archive's bytes from front to back, decompressed where it needs to be.

Nothing is decompressed ahead: a stream gives exactly what it is asked for, so that
whoever counts can stop a bomb after one piece.
"""

import os
import zlib
from typing import Protocol

import pyarrow as pa

from bagkit.errors import ArchiveFormatError

INPUT_BYTES = 64 << 10


class ByteStream(Protocol):
    """Something that is read from front to back."""

    def read(self, length: int) -> bytes:
        """Return so many bytes; fewer only at the end."""


class PlainStream:
    """A file as it is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._place = 0

    def read(self, length: int) -> bytes:
        """Return so many bytes; fewer only at the end."""
        piece = os.pread(self._descriptor, length, self._place)
        self._place += len(piece)
        return piece


class GzipStream:
    """A gzip file, of one stream or of several in a row.

    Source: RFC 1952, section 2.2.
    """

    def __init__(self, descriptor: int) -> None:
        self._source = PlainStream(descriptor)
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._input = b""

    def read(self, length: int) -> bytes:
        """Return so many bytes; fewer only at the end.

        Raises:
            ArchiveFormatError: If the data is damaged or cut.
        """
        pieces, left = [], length
        while left:
            piece = self._inflate(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _inflate(self, most: int) -> bytes:
        while True:
            if self._inflater.eof:
                self._input = self._inflater.unused_data or self._source.read(
                    INPUT_BYTES
                )
                if not self._input:
                    return b""
                self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
            fresh = self._input or self._source.read(INPUT_BYTES)
            try:
                piece = self._inflater.decompress(fresh, most)
            except zlib.error as error:
                message = "Found damaged gzip data"
                raise ArchiveFormatError(message) from error
            self._input = self._inflater.unconsumed_tail
            if piece:
                return piece
            if not fresh and not self._inflater.eof:
                message = "Found the end of the file inside of its gzip data"
                raise ArchiveFormatError(message)


class ZstandardStream:
    """A Zstandard file.

    Source: RFC 8878. Arrow's decoder refuses windows of more than 128 MiB.
    """

    def __init__(self, descriptor: int) -> None:
        self._source = pa.CompressedInputStream(
            pa.PythonFile(_RawFile(descriptor), mode="r"), "zstd"
        )

    def read(self, length: int) -> bytes:
        """Return so many bytes; fewer only at the end.

        Raises:
            ArchiveFormatError: If the data is damaged or cut.
        """
        pieces, left = [], length
        try:
            # Arrow may give fewer bytes than it is asked for.
            while left and (piece := self._source.read(left)):
                pieces.append(piece)
                left -= len(piece)
        except (OSError, ValueError) as error:
            message = "Found damaged Zstandard data"
            raise ArchiveFormatError(message) from error
        return b"".join(pieces)


class _RawFile:
    """What Arrow needs of a file object, over a descriptor that others use too."""

    closed = False

    def __init__(self, descriptor: int) -> None:
        self._stream = PlainStream(descriptor)

    def read(self, length: int = -1) -> bytes:
        return self._stream.read(length if length >= 0 else INPUT_BYTES)

    def close(self) -> None:
        """Leave the descriptor to its owner."""
