"""What Git keeps compressed: authors, messages, paths and contents of every commit.

Objects are named by their digest, so nothing in them can be replaced. A pack is read
from front to back; of its deltas only what they insert is seen.

Source: gitformat-pack(5).
"""

import re
import zlib
from collections import Counter

from bagkit.identities.dictionary import IdentityDictionary
from bagkit.identities.texts import OVERLAP_CHARACTERS, iter_pieces
from bagkit.trees.tree import ReadAt

LOOSE = re.compile(r"(^|/)objects/[0-9a-f]{2}/[0-9a-f]{38}([0-9a-f]{24})?$")
PACK = re.compile(r"(^|/)objects/pack/[^/]+\.pack$")
MAX_OBJECTS = 1_000_000
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_REFERENCE_BYTES = 20
_INFLATED_BYTES = 1 << 18


class _Search:
    """Searches what is inflated, across the ends of its pieces."""

    def __init__(self, dictionary: IdentityDictionary) -> None:
        self.found: Counter[str] = Counter()
        self._dictionary = dictionary
        self._kept = b""

    def feed(self, piece: bytes) -> None:
        piece = self._kept + piece
        end = piece.rfind(b"\n") + 1 or max(0, len(piece) - OVERLAP_CHARACTERS)
        self._count(piece[:end])
        self._kept = piece[end:]

    def end(self) -> None:
        self._count(self._kept)
        self._kept = b""

    def _count(self, piece: bytes) -> None:
        self.found.update(self._dictionary.count(piece.decode("utf-8", "replace")))


def search_loose(read_at: ReadAt, dictionary: IdentityDictionary) -> Counter[str]:
    """Return what one loose object holds.

    Raises:
        zlib.error: If it is none.
    """
    search, stream = _Search(dictionary), zlib.decompressobj()
    for piece in iter_pieces(read_at):
        _inflate(stream, piece, search)
    search.end()
    return search.found


def search_pack(read_at: ReadAt, dictionary: IdentityDictionary) -> Counter[str]:
    """Return what the objects of a pack hold.

    Raises:
        zlib.error: If it is damaged.
        ValueError: If it is no pack that we know, or has too many objects.
    """
    return _Pack(read_at, _Search(dictionary)).search()


class _Pack:
    def __init__(self, read_at: ReadAt, search: _Search) -> None:
        self._pieces = iter_pieces(read_at)
        self._waiting = b""
        self._search = search

    def search(self) -> Counter[str]:
        head = self._take(12)
        count = int.from_bytes(head[8:])
        if head[:4] != b"PACK" or head[4:8] != b"\0\0\0\x02" or count > MAX_OBJECTS:
            message = "Found no pack of version 2, expected one"
            raise ValueError(message)
        for _number in range(count):
            self._skip_head()
            self._search_object()
            self._search.end()
        return self._search.found

    def _take(self, count: int) -> bytes:
        while len(self._waiting) < count:
            self._waiting += self._next()
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        if not piece:
            message = "Found the end of a pack, expected more objects"
            raise ValueError(message)
        return piece

    def _skip_head(self) -> None:
        byte = self._take(1)[0]
        kind = byte >> 4 & 7
        while byte & 0x80:
            byte = self._take(1)[0]
        if kind == _REFERENCE_DELTA:
            self._take(_REFERENCE_BYTES)
        elif kind == _OFFSET_DELTA:
            while self._take(1)[0] & 0x80:
                pass

    def _search_object(self) -> None:
        stream = zlib.decompressobj()
        while not stream.eof:
            piece = self._waiting or self._next()
            self._waiting = b""
            _inflate(stream, piece, self._search)
        self._waiting = stream.unused_data


def _inflate(stream: "zlib._Decompress", piece: bytes, search: _Search) -> None:
    while piece and not stream.eof:
        search.feed(stream.decompress(piece, _INFLATED_BYTES))
        piece = stream.unconsumed_tail
