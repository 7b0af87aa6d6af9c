"""What the page in an archive reads of a packed workspace."""

import os
import struct
import zlib

from bagkit.packing.pool import PackedPart
from bagkit.packing.zip_records import MARK_32, STORED

_CENTRAL_BYTES = 46
_LOCAL_BYTES = 30
_NUMBERS = struct.Struct("<H8xLLH")
"""Method, compressed size, size, length of the name; from byte 10."""


class PartReader:
    """Reads members of a packed workspace by their number, none of 4 GiB or more."""

    def __init__(self, part: PackedPart) -> None:
        self._part = part

    def compressed_bytes(self, number: int) -> int:
        """Return how much of the archive a member takes."""
        _method, compressed, _size, _length = self._numbers(number)
        return compressed

    def read(self, number: int) -> bytes:
        """Return a member's content.

        Raises:
            zlib.error: If the segment is damaged.
        """
        method, compressed, size_bytes, _length = self._numbers(number)
        if MARK_32 in (compressed, size_bytes):
            message = f"Found a member of 4 GiB, expected a small one: {number}"
            raise ValueError(message)
        part = self._part
        record, offset = part.packed.records[number], part.packed.offsets[number]
        start = part.start + offset + _LOCAL_BYTES + len(record) - _CENTRAL_BYTES
        descriptor = os.open(part.segment, os.O_RDONLY)
        try:
            content = os.pread(descriptor, compressed, start)
        finally:
            os.close(descriptor)
        return content if method == STORED else zlib.decompress(content, -15)

    def _numbers(self, number: int) -> tuple[int, int, int, int]:
        record = self._part.packed.records[number]
        method, compressed, size_bytes, length = _NUMBERS.unpack_from(record, 10)
        return method, compressed, size_bytes, length
