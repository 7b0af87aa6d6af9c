"""Which method and compressor a member's content gets, by its size and kind.

The choice depends on the content alone, so that the same content always gives the
same bytes. Measured, see ADR 0021 and ``docs/performance.md``: libdeflate for what
fits in memory, ISA-L for what is streamed, stored for what is compressed already.
"""

from typing import Protocol

import deflate
from isal import isal_zlib

from bagkit.packing.zip_records import DEFLATED, STORED

SMALL_BYTES = 4 << 20
"""Up to this size a file is read whole; above, it is streamed."""
LEVEL = 6
STREAM_LEVEL = 3
SAMPLE_BYTES = 64 << 10
MIN_DEFLATE_BYTES = 32
"""Shorter content never gets smaller."""

_COMPRESSED_MAGIC = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"wOF2",
)
_COMPRESSED_AT_4 = (b"ftyp",)
_COMPRESSED_AT_8 = (b"WEBP",)


class StreamCompressor(Protocol):
    """A compressor that takes content piece by piece."""

    def compress(self, piece: bytes, /) -> bytes:
        """Return what can be written so far."""

    def flush(self) -> bytes:
        """Return the rest."""


def is_compressed_already(start: bytes) -> bool:
    """Answer by its first bytes whether content is of a compressed kind."""
    return (
        start.startswith(_COMPRESSED_MAGIC)
        or start[4:8] in _COMPRESSED_AT_4
        or (start[:4] == b"RIFF" and start[8:12] in _COMPRESSED_AT_8)
    )


def compress_whole(content: bytes) -> tuple[int, bytes]:
    """Return the method for a small content, and its bytes by that method."""
    if len(content) < MIN_DEFLATE_BYTES or is_compressed_already(content[:16]):
        return STORED, content
    compressed = bytes(deflate.deflate_compress(content, LEVEL))
    if len(compressed) >= len(content):
        return STORED, content
    return DEFLATED, compressed


def choose_stream_compressor(sample: bytes) -> StreamCompressor | None:
    """Return a compressor for a large content, or None to store it.

    Args:
        sample: The first ``SAMPLE_BYTES`` of it.
    """
    if is_compressed_already(sample[:16]):
        return None
    if len(deflate.deflate_compress(sample, 1)) > len(sample) * 0.95:
        return None
    compressor: StreamCompressor = isal_zlib.compressobj(
        STREAM_LEVEL, isal_zlib.DEFLATED, -15
    )
    return compressor
