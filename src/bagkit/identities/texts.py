"""Texts of any length: searched piece by piece, and written anew only when needed."""

import codecs
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bagkit.identities.dictionary import IdentityDictionary
from bagkit.trees.tree import ReadAt

PIECE_BYTES = 1 << 20
SAMPLE_BYTES = 64 << 10
OVERLAP_CHARACTERS = 1 << 10
"""What is kept of a piece without the end of a line, so that no name is cut."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def detect_encoding(sample: bytes) -> str | None:
    """Return the encoding of a text that begins so, or None for what is no text."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if b"\0" in sample:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def iter_pieces(read_at: ReadAt) -> Iterator[bytes]:
    """Yield the content of a file from its start."""
    place = 0
    while piece := read_at(PIECE_BYTES, place):
        place += len(piece)
        yield piece


class TextRewriter:
    """Searches a text, and writes it with pseudonyms if it names somebody.

    Invariants: memory is a few pieces; what is no text in the encoding stays byte for
    byte. Used once.
    """

    def __init__(
        self, dictionary: IdentityDictionary, encoding: str, folder: Path | None
    ) -> None:
        self.found: Counter[str] = Counter()
        """How much of each kind was found."""
        self.target: BinaryIO | None = None
        """The text with pseudonyms, if anybody was found and a folder was given."""
        self._dictionary = dictionary
        self._encoding = encoding
        self._folder = folder
        # Odd bytes of UTF-8 pass through; UTF-16 has no way to carry them.
        is_utf8 = encoding == "utf-8"
        self._errors = "surrogateescape" if is_utf8 else "surrogatepass"
        self._done_bytes = 0

    def rewrite(self, read_at: ReadAt) -> None:
        """Search a file's text.

        Raises:
            UnicodeError: If it is no text in the encoding after all.
        """
        decoder = codecs.getincrementaldecoder(self._encoding)(self._errors)
        waiting = ""
        for piece in iter_pieces(read_at):
            waiting += decoder.decode(piece)
            end = _find_cut(waiting)
            self._put(waiting[:end], read_at)
            waiting = waiting[end:]
        self._put(waiting + decoder.decode(b"", True), read_at)

    def _put(self, text: str, read_at: ReadAt) -> None:
        covered, found = self._dictionary.replace(text)
        self.found.update(found)
        if found and self.target is None and self._folder is not None:
            self.target = _copy_start(read_at, self._done_bytes, self._folder)
        if self.target is not None:
            self.target.write(covered.encode(self._encoding, self._errors))
        else:
            self._done_bytes += len(text.encode(self._encoding, self._errors))


def open_scratch(folder: Path) -> BinaryIO:
    """Open a file that has no name, for what a file becomes."""
    return tempfile.TemporaryFile(dir=folder)


def _copy_start(read_at: ReadAt, length: int, folder: Path) -> BinaryIO:
    target = open_scratch(folder)
    place = 0
    while place < length:
        piece = read_at(min(PIECE_BYTES, length - place), place)
        if not piece:
            break
        target.write(piece)
        place += len(piece)
    return target


def _find_cut(text: str) -> int:
    end = text.rfind("\n") + 1
    if end:
        return end
    room = len(text) - OVERLAP_CHARACTERS
    if room <= 0:
        return 0
    # A line without end is cut where no word is.
    return text.rfind(" ", 0, room) + 1 or room
