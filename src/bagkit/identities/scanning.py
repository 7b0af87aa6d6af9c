"""Scanning one file: what it is, whom it names, and what stands in its place.

Source: ADR 0119.
"""

import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from bagkit.identities.dictionary import Identity, IdentityDictionary, IdentityKind
from bagkit.identities.documents import Document, NoDocumentError
from bagkit.identities.git_objects import LOOSE, PACK, search_loose, search_pack
from bagkit.identities.notebooks import MAX_BYTES, cover_notebook
from bagkit.identities.properties import search_pdf, search_picture
from bagkit.identities.texts import (
    SAMPLE_BYTES,
    TextRewriter,
    detect_encoding,
    open_scratch,
)
from bagkit.trees.tree import ReadAt, ReadAtFile

PICTURE_BYTES = 1 << 20
REPLACED, FOUND = "replaced", "found"
Finding = tuple[str, str, int, str, str]
"""Path in the archive, kind, how many, what was done, and where or why."""


class Where(StrEnum):
    """Where a file names somebody; for what is only found it says why it stays."""

    TEXT = "text"
    NOTEBOOK = "notebook"
    FILE_NAME = "file-name"
    GIT_OBJECT = "git-object"
    PROPERTIES = "document-properties"
    DOCUMENT = "document-text"
    PDF = "pdf-properties"
    PICTURE = "picture-properties"


UNSEARCHED_BINARY, UNSEARCHED_DAMAGED = "no-text", "unreadable"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRules:
    """Whom to look for, and whether to put pseudonyms in their place."""

    identities: tuple[tuple[str, str, str], ...]
    """Kind, text and pseudonym of each thing that somebody is called."""
    is_replacing: bool
    too_short: int = 0
    """Things that people are called which are too short to look for."""

    @classmethod
    def of(cls, dictionary: IdentityDictionary, *, is_replacing: bool) -> "ScanRules":
        """Return the rules that look for all of a dictionary."""
        found = {(i.kind.value, i.text, i.pseudonym) for i in dictionary}
        return cls(
            identities=tuple(sorted(found)),
            is_replacing=is_replacing,
            too_short=dictionary.too_short,
        )

    @property
    def mark(self) -> str:
        """What tells these rules from others, without saying whom they look for."""
        content = repr((self.identities, self.is_replacing)).encode()
        return hashlib.sha256(content).hexdigest()


@dataclass(slots=True)
class FileScan:
    """What one file names."""

    findings: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Kind, how many, what was done, and where or why."""
    unsearched: str = ""
    """Why nothing was looked for, if so."""
    content: BinaryIO | None = None
    """What the file is with pseudonyms, when that is not what it was."""

    def note(self, counts: Mapping[str, int], where: Where, *, is_done: bool) -> None:
        """Note what was found at one place of the file."""
        action = REPLACED if is_done else FOUND
        self.findings += [
            (kind, count, action, where.value) for kind, count in sorted(counts.items())
        ]


class FileScanner:
    """Scans files of workspaces; made once in each packing process.

    Invariants: used by one thread; memory does not grow with a file, but for notebooks
    and properties, which have limits.
    """

    def __init__(self, rules: ScanRules, scratch: Path) -> None:
        self._is_replacing = rules.is_replacing
        self._scratch = scratch
        self._dictionary = IdentityDictionary(
            Identity(IdentityKind(kind), text, pseudonym)
            for kind, text, pseudonym in rules.identities
        )

    def cover_name(self, name: str) -> str:
        """Return the name of a file or folder as the archive may show it."""
        return self._dictionary.replace(name)[0] if self._is_replacing else name

    def mask(self, path: str) -> str:
        """Return a path that names nobody."""
        return self._dictionary.replace(path)[0]

    def scan_name(self, name: str) -> FileScan:
        """Search the name of a file or folder."""
        scan = FileScan()
        counts = self._dictionary.count(name)
        scan.note(counts, Where.FILE_NAME, is_done=self._is_replacing)
        return scan

    def scan_file(self, read_at: ReadAt, size_bytes: int, path: str) -> FileScan:
        """Search a file that is open.

        Raises:
            OSError: If it cannot be read.
        """
        scan = FileScan()
        head = read_at(SAMPLE_BYTES, 0)
        try:
            self._scan(scan, read_at, size_bytes, path, head)
        except (NoDocumentError, ValueError, zlib.error):
            scan.unsearched = UNSEARCHED_DAMAGED
            if scan.content is not None:
                scan.content.close()
                scan.content = None
        return scan

    def _scan(
        self, scan: FileScan, read_at: ReadAt, size_bytes: int, path: str, head: bytes
    ) -> None:
        if LOOSE.search(path) and head[:1] == b"\x78":
            counts = search_loose(read_at, self._dictionary)
            scan.note(counts, Where.GIT_OBJECT, is_done=False)
        elif PACK.search(path) and head.startswith(b"PACK"):
            counts = search_pack(read_at, self._dictionary)
            scan.note(counts, Where.GIT_OBJECT, is_done=False)
        elif head.startswith(b"PK\x03\x04"):
            self._scan_document(scan, read_at, size_bytes)
        elif head.startswith(b"%PDF-"):
            counts = search_pdf(read_at, self._dictionary)
            scan.note(counts, Where.PDF, is_done=False)
            scan.unsearched = UNSEARCHED_BINARY  # its pages are compressed
        elif head.startswith(_PICTURES):
            counts = search_picture(read_at(PICTURE_BYTES, 0), self._dictionary)
            scan.note(counts, Where.PICTURE, is_done=False)
            scan.unsearched = UNSEARCHED_BINARY
        elif (encoding := detect_encoding(head)) is None:
            scan.unsearched = UNSEARCHED_BINARY
        elif not self._scan_notebook(scan, read_at, size_bytes, path):
            self._scan_text(scan, read_at, encoding)

    def _scan_text(self, scan: FileScan, read_at: ReadAt, encoding: str) -> None:
        scratch = self._scratch if self._is_replacing else None
        rewriter = TextRewriter(self._dictionary, encoding, scratch)
        try:
            rewriter.rewrite(read_at)
        finally:
            scan.content = rewriter.target
        scan.note(rewriter.found, Where.TEXT, is_done=self._is_replacing)

    def _scan_notebook(
        self, scan: FileScan, read_at: ReadAt, size_bytes: int, path: str
    ) -> bool:
        if not path.endswith(".ipynb") or size_bytes > MAX_BYTES:
            return False
        content = read_at(size_bytes, 0)
        covered = cover_notebook(content, self._dictionary)
        if covered is None:
            return False
        content, found = covered
        scan.note(found, Where.NOTEBOOK, is_done=self._is_replacing)
        if found and self._is_replacing:
            scan.content = open_scratch(self._scratch)
            scan.content.write(content)
        return True

    def _scan_document(self, scan: FileScan, read_at: ReadAt, size_bytes: int) -> None:
        with io.BufferedReader(ReadAtFile(read_at, size_bytes)) as file:
            try:
                document = Document(file, size_bytes)
            except NoDocumentError:
                scan.unsearched = UNSEARCHED_BINARY
                return
            changed, found = document.cover_properties(self._dictionary)
            scan.note(found, Where.PROPERTIES, is_done=self._is_replacing)
            body = Counter(document.search_body(self._dictionary))
            scan.note(body, Where.DOCUMENT, is_done=False)
            if changed and self._is_replacing:
                scan.content = open_scratch(self._scratch)
                document.write(scan.content, changed)
