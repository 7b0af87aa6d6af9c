"""Who made it: properties of PDF files, pictures and other files that say so."""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from bagkit.identities.dictionary import IdentityDictionary
from bagkit.identities.texts import iter_pieces
from bagkit.trees.tree import ReadAt

AUTHOR, PLACE = "author", "gps"
"""Kinds beside those of names: somebody who is in no dictionary, and a position."""
_PDF_VALUE = re.compile(
    rb"/(?:Author|Creator|Manager)\s*(?:\(((?:\\.|[^\\)]){0,400})\)|<([0-9A-Fa-f\s]{2,1600})>)"
    rb"|<dc:creator>(.{0,1200}?)</dc:creator>",
    re.DOTALL,
)
_OVERLAP = 2000
_HEAD_BYTES = 1 << 20
"""What is read of a picture; its properties stand at its beginning."""
_ARTIST, _COPYRIGHT, _OWNER, _X_AUTHOR, _GPS, _EXIF = (
    0x013B, 0x8298, 0xA430, 0x9C9D, 0x8825, 0x8769,
)  # fmt: skip
_TEXTS = (_ARTIST, _COPYRIGHT, _OWNER, _X_AUTHOR)
_MAX_FIELDS = 500
_UNIT = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}


def search_pdf(read_at: ReadAt, dictionary: IdentityDictionary) -> Counter[str]:
    """Return whom the properties of a PDF file name."""
    found: Counter[str] = Counter()
    kept = b""
    for piece in chain(iter_pieces(read_at), (b"",)):
        kept += piece
        end = max(0, len(kept) - _OVERLAP) if piece else len(kept)
        last = 0
        for match in _PDF_VALUE.finditer(kept):
            if match.start() < end:
                found.update(describe_author(_decode_pdf(match), dictionary))
                last = match.end()
        kept = kept[max(end, last) :]
    return found


def search_picture(head: bytes, dictionary: IdentityDictionary) -> Counter[str]:
    """Return whom the properties of a JPEG, PNG or TIFF picture name, and where."""
    found: Counter[str] = Counter()
    for block in _iter_exif(head):
        for tag, value in _iter_fields(block):
            if tag == _GPS:
                found[PLACE] += 1
            else:
                found.update(describe_author(value, dictionary))
    for text in _iter_png_texts(head):
        found.update(describe_author(text, dictionary))
    return found


def describe_author(text: str, dictionary: IdentityDictionary) -> Counter[str]:
    """Return whom the value of a property names; somebody, when it is not empty."""
    if not text.strip():
        return Counter()
    return Counter(dictionary.count(text)) or Counter({AUTHOR: 1})


def _decode_pdf(match: re.Match[bytes]) -> str:
    literal, digits, element = match.groups()
    if element is not None:
        return re.sub("<[^>]*>", " ", element.decode("utf-8", "replace"))
    if digits is not None:
        packed = re.sub(rb"\s", b"", digits)
        raw = bytes.fromhex(packed[: len(packed) // 2 * 2].decode())
    else:
        raw = re.sub(rb"\\(.)", rb"\1", literal, flags=re.DOTALL)
    is_wide = raw.startswith(b"\xfe\xff")
    return raw.decode("utf-16" if is_wide else "latin-1", "replace")


def _iter_exif(head: bytes) -> Iterator[bytes]:
    if head[:4] in (b"II*\0", b"MM\0*"):
        yield head
    elif head.startswith(b"\xff\xd8"):
        place = 2
        while place + 4 <= len(head) and head[place] == 0xFF:
            length = int.from_bytes(head[place + 2 : place + 4])
            if head[place + 4 : place + 10] == b"Exif\0\0":
                yield head[place + 10 : place + 2 + length]
            place += 2 + max(length, 2)
    else:
        yield from (data for kind, data in _iter_chunks(head) if kind == b"eXIf")


def _iter_png_texts(head: bytes) -> Iterator[str]:
    for kind, data in _iter_chunks(head):
        name, _, value = data.partition(b"\0")
        if kind in (b"tEXt", b"iTXt") and name.lower() in (b"author", b"copyright"):
            yield value.replace(b"\0", b" ").decode("utf-8", "replace")


def _iter_chunks(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8 if head.startswith(b"\x89PNG\r\n\x1a\n") else len(head)
    while place + 8 <= len(head):
        length = int.from_bytes(head[place : place + 4])
        yield head[place + 4 : place + 8], head[place + 8 : place + 8 + length]
        place += 12 + length


def _iter_fields(block: bytes) -> Iterator[tuple[int, str]]:
    """Yield the fields of a TIFF block that name people or a place."""
    order = "<" if block[:2] == b"II" else ">"
    waiting = [_read(order, "I", block, 4)]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_FIELDS:
        start = waiting.pop()
        if start is None or start in seen:
            continue
        seen.add(start)
        for number in range(min(_read(order, "H", block, start) or 0, _MAX_FIELDS)):
            place = start + 2 + 12 * number
            tag, kind = (_read(order, "H", block, place + n) for n in (0, 2))
            if tag == _EXIF:
                waiting.append(_read(order, "I", block, place + 8))
            elif tag == _GPS:
                yield _GPS, ""
            elif tag in _TEXTS:
                yield tag, _read_text(order, block, place, kind or 0)


def _read_text(order: str, block: bytes, place: int, kind: int) -> str:
    count = (_read(order, "I", block, place + 4) or 0) * _UNIT.get(kind, 1)
    start = place + 8 if count <= 4 else _read(order, "I", block, place + 8) or 0
    raw = block[start : start + min(count, _OVERLAP)]
    encoding = "utf-16-le" if kind == 1 else "utf-8"
    return raw.decode(encoding, "replace").replace("\0", " ")


def _read(order: str, letter: str, block: bytes, place: int) -> int | None:
    try:
        number: int = struct.unpack_from(order + letter, block, place)[0]
    except struct.error:
        return None
    return number
