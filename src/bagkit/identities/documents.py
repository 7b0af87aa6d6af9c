"""Documents of word processors, spreadsheets and slides: who made and changed them.

Their properties are small members of a ZIP and can be written anew; every other member
is copied compressed, as it is. Texts are searched and stay.
"""

import html
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from bagkit.identities.dictionary import IdentityDictionary
from bagkit.identities.properties import AUTHOR, describe_author

PROPERTIES = (
    "docProps/core.xml",
    "docProps/app.xml",
    "docProps/custom.xml",
    "meta.xml",
)
PEOPLE = re.compile(
    r"(<(?:dc:creator|cp:lastModifiedBy|meta:initial-creator|Manager)\b[^>]*>)"
    r"([^<]*)(?=</)"
)
BODIES = re.compile(
    r"word/[^/]+\.xml|xl/(?:sharedStrings|comments\d*|persons/.*)\.xml|content\.xml"
    r"|ppt/(?:slides|notesSlides|comments)/[^/]+\.xml|ppt/commentAuthors\.xml"
)
MAX_DOCUMENT_BYTES = 256 << 20
MAX_MEMBERS = 10_000
MAX_PROPERTY_BYTES = 1 << 20
MAX_BODY_BYTES = 64 << 20
_PIECE = 1 << 20
_ELEMENT = re.compile(r"(?<=>)([^<]+)(?=<)")
_BREAKS = re.compile(r"</(?:w:p|a:p|si|text:p|text:h|t)>")
_TAGS = re.compile(r"<[^>]*>")
_AUTHORS = re.compile(r'\b(?:\w+:)?(?:author|displayName|name)="([^"]*)"')
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF8 = 0x0800


class NoDocumentError(Exception):
    """The file is no document that is known here."""


class Document:
    """One document that is searched.

    Invariants: members are read with a limit, whatever the archive says of them.
    """

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        try:
            _check_end(file, size_bytes)
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise NoDocumentError from error
        self._file = file
        names = {member.filename for member in self._archive.infolist()}
        if not names & {"[Content_Types].xml", *PROPERTIES}:
            raise NoDocumentError

    def search_body(self, dictionary: IdentityDictionary) -> Counter[str]:
        """Return whom the texts of the document name."""
        found: Counter[str] = Counter()
        for member in self._archive.infolist():
            if BODIES.fullmatch(member.filename):
                for text in self._iter_texts(member):
                    found.update(dictionary.count(text))
        return found

    def cover_properties(
        self, dictionary: IdentityDictionary
    ) -> tuple[dict[str, bytes], Counter[str]]:
        """Return the properties with pseudonyms, by member, and whom they named."""
        covered, found = {}, Counter[str]()
        for member in self._archive.infolist():
            if member.filename not in PROPERTIES:
                continue
            text = self._read(member, MAX_PROPERTY_BYTES).decode("utf-8", "replace")
            changed, counts = _cover_property(text, dictionary)
            found.update(counts)
            if counts:
                covered[member.filename] = changed.encode()
        return covered, found

    def write(self, target: BinaryIO, changed: dict[str, bytes]) -> None:
        """Write the document with some members changed, the others as they are.

        Raises:
            NoDocumentError: If it is too odd to be copied.
        """
        records = []
        for member in self._archive.infolist():
            start = target.tell()
            name = member.filename.encode()
            content = changed.get(member.filename)
            if content is None:
                stored, method, crc, size = (
                    self._raw(member), member.compress_type, member.CRC,
                    member.file_size,
                )  # fmt: skip
            else:
                stored, method = content, zipfile.ZIP_STORED
                crc, size = zlib.crc32(content), len(content)
            year, month, day, hour, minute, second = member.date_time
            common = (
                _UTF8, method, hour << 11 | minute << 5 | second // 2,
                max(year - 1980, 0) << 9 | month << 5 | day, crc, len(stored), size,
                len(name), 0,
            )  # fmt: skip
            target.write(_LOCAL.pack(b"PK\x03\x04", 20, *common) + name + stored)
            tail = (0, 0, 0, member.external_attr, start)
            records.append(_CENTRAL.pack(b"PK\x01\x02", 20, 20, *common, *tail) + name)
        directory = b"".join(records)
        place, count = target.tell(), len(records)
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), place, 0)
        target.write(directory + end)

    def _raw(self, member: zipfile.ZipInfo) -> bytes:
        self._file.seek(member.header_offset)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or member.flag_bits & 1:
            raise NoDocumentError
        *_, name_bytes, extra_bytes = _LOCAL.unpack(head)
        self._file.seek(name_bytes + extra_bytes, 1)
        raw = self._file.read(member.compress_size)
        if len(raw) < member.compress_size:
            raise NoDocumentError
        return raw

    def _read(self, member: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            with self._archive.open(member) as file:
                return file.read(limit)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,
        ) as error:
            raise NoDocumentError from error

    def _iter_texts(self, member: zipfile.ZipInfo) -> Iterator[str]:
        kept, read = "", 0
        try:
            with self._archive.open(member) as file:
                while read < MAX_BODY_BYTES and (piece := file.read(_PIECE)):
                    read += len(piece)
                    kept += piece.decode("utf-8", "replace")
                    end = kept.rfind("</") if len(kept) > _PIECE else 0
                    yield _flatten(kept[:end])
                    kept = kept[end:]
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            RuntimeError,
        ) as error:
            raise NoDocumentError from error
        yield _flatten(kept)


def _flatten(xml: str) -> str:
    lines = _TAGS.sub("", _BREAKS.sub("\n", xml))
    return html.unescape("\n".join((lines, *_AUTHORS.findall(xml))))


def _cover_property(
    xml: str, dictionary: IdentityDictionary
) -> tuple[str, Counter[str]]:
    found: Counter[str] = Counter()

    def put(match: re.Match[str]) -> str:
        text, counts = dictionary.replace(html.unescape(match[1]))
        found.update(counts)
        return html.escape(text, quote=False) if counts else match[1]

    def blank(match: re.Match[str]) -> str:
        # Somebody who is in no dictionary made it; what was replaced is whole.
        counts = describe_author(html.unescape(match[2]), dictionary)
        if counts.keys() != {AUTHOR} or match[2].startswith("person-"):
            return match[0]
        found[AUTHOR] += 1
        return match[1]

    return PEOPLE.sub(blank, _ELEMENT.sub(put, xml)), found


def _check_end(file: BinaryIO, size_bytes: int) -> None:
    if size_bytes > MAX_DOCUMENT_BYTES:
        raise NoDocumentError
    file.seek(max(0, size_bytes - _END.size - 0xFFFF))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + _END.size:
        raise NoDocumentError
    members = _END.unpack_from(tail, place)[4]
    if members > MAX_MEMBERS:
        raise NoDocumentError
