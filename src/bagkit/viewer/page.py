"""Gathering what the page shows while an archive is written, and writing the page.

Everything is spooled to files and copied at the end, so that memory does not grow with
the archive. All data stands in blocks that are not run, escaped so that no name and no
content can end them; the program puts text on the page as text only.

Source: ADR 0029.
"""

import base64
import hashlib
import html
import json
import shutil
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from bagkit.receipt import CellState, ReceiptCell

ASSETS = Path(__file__).parent / "assets"
PROGRAM = (ASSETS / "viewer.js").read_text(encoding="utf-8")
STYLE = (ASSETS / "viewer.css").read_text(encoding="utf-8")
TEXT_SHARE = 0.012
"""Part of the archive that may be spent on texts that are shown in the page."""
MAX_TEXT_BYTES = 256 << 10
"""A longer text is linked."""
MAX_TABLE_BYTES = 2 << 20
"""A larger table is linked."""
_TEXT_KINDS = """
c cc cfg cpp cs css csv go h hpp html ini ipynb java js json jsx kt md php py r rb rs
rst sh sql tex toml ts tsx txt xml yaml yml
"""
TEXT_SUFFIXES = frozenset(_TEXT_KINDS.split())
"""Endings of files that may be shown in the page."""
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


ViewedFile = tuple[str, int, str]
"""Path below the workspace's folder, size in bytes, SHA-256."""


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page knows of the texts that it shows.

    Units: bytes.
    """

    shown: frozenset[str] = frozenset()
    """The SHA-256 of each."""
    spent_bytes: int = 0


class MemberReader(Protocol):
    """What gives the members of a workspace by their number."""

    def compressed_bytes(self, number: int, /) -> int:
        """Return how much of the archive a member takes."""

    def read(self, number: int, /) -> bytes:
        """Return a member's content."""


class ViewerPage:
    """Collects what the page shows, in the order of the receipt's cells.

    Invariants: a context manager, used by one thread; the same calls give the same
    bytes.
    """

    def __init__(self, folder: Path) -> None:
        self._files = (folder / "viewer-files").open("w+b")
        self._texts = (folder / "viewer-texts").open("w+b")
        self._tables = (folder / "viewer-tables").open("w+b")
        self._shown: set[str] = set()
        self._spent_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._files, self._texts, self._tables):
            file.close()

    def add_workspace(
        self,
        files: Sequence[ViewedFile | None],
        reader: MemberReader | None,
        archive_bytes: int,
    ) -> None:
        """Add the files of the next cell.

        Args:
            files: What it holds, by number, with None for what is no file.
            reader: Gives their content; None when nothing is there.
            archive_bytes: How large the archive is so far; it bounds the texts.
        """
        budget = archive_bytes * TEXT_SHARE
        shown = self._shown
        listed = []
        for number, file in enumerate(files):
            if file is None or reader is None:
                continue
            path, size_bytes, sha256 = file
            if sha256 not in shown and size_bytes <= MAX_TEXT_BYTES:
                self._offer_text(path, sha256, number, reader, budget)
            listed.append((path, size_bytes, sha256[:16] if sha256 in shown else ""))
        self._files.write(encode_data(listed) + b"\n")

    def add_lines(self, files: bytes, texts: bytes) -> None:
        """Add the lines of the next cell that another page took."""
        self._files.write(files)
        self._texts.write(texts)

    def take_lines(self) -> tuple[bytes, bytes]:
        """Return the lines of files and of texts, and have them no more."""
        taken = []
        for spool in (self._files, self._texts):
            spool.seek(0)
            taken.append(spool.read())
            spool.seek(0)
            spool.truncate()
        return taken[0], taken[1]

    def hand_on(self) -> PageState:
        """Return what another page has to know to go on."""
        return PageState(frozenset(self._shown), self._spent_bytes)

    def go_on(self, state: PageState) -> None:
        """Go on where another page ended."""
        self._shown, self._spent_bytes = set(state.shown), state.spent_bytes

    def add_table(self, title: str, path: str, content: BinaryIO) -> None:
        """Add a table that stands in the archive as CSV."""
        size_bytes = content.seek(0, 2)
        content.seek(0)
        is_shown = size_bytes <= MAX_TABLE_BYTES
        table = {
            "title": title,
            "path": path,
            "csv": content.read().decode() if is_shown else None,
        }
        content.seek(0)
        self._tables.write(encode_data(table) + b"\n")

    def write(
        self,
        target: BinaryIO,
        receipt: Mapping[str, object],
        problems: Sequence[Sequence[str]],
    ) -> None:
        """Write the page.

        Args:
            target: Where to write it.
            receipt: What it says of the archive, see ``summarise``.
            problems: Assignment, student, path and reason of each.
        """
        title = html.escape(str(receipt["title"]))
        head = (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            f'<main id="page"><h1>{title}</h1><noscript><p>The files are in the folder '
            '<a href="data/workspaces/">data/workspaces</a>; this page needs scripts '
            "to show them.</p></noscript></main>\n"
        )
        target.write(head.encode())
        _write_block(target, "receipt", encode_data(receipt))
        _write_block(target, "problems", encode_data(list(map(list, problems))))
        for name, spool in (
            ("tables", self._tables),
            ("files", self._files),
            ("texts", self._texts),
        ):
            target.write(f'<script type="application/json" id="{name}">'.encode())
            spool.seek(0)
            shutil.copyfileobj(spool, target)
            target.write(b"</script>\n")
        target.write(f"<script>{PROGRAM}</script>\n</body>\n</html>\n".encode())

    def _offer_text(
        self,
        path: str,
        sha256: str,
        number: int,
        reader: MemberReader,
        budget: float,
    ) -> None:
        if path.rpartition(".")[2].lower() not in TEXT_SUFFIXES:
            return
        spent_bytes = self._spent_bytes + reader.compressed_bytes(number)
        if spent_bytes > budget:
            return
        try:
            text = reader.read(number).decode()
        except (UnicodeDecodeError, zlib.error):
            return  # it is linked
        if "\0" in text:
            return
        self._shown.add(sha256)
        self._spent_bytes = spent_bytes
        self._texts.write(encode_data([sha256[:16], text]) + b"\n")


def summarise(
    *, title: str, snapshot_at: str, generator: str, cells: Sequence[ReceiptCell]
) -> dict[str, object]:
    """Return what the page shows of an archive's receipt."""
    states = Counter(cell.state for cell in cells)
    counts = {state.value: states[state] for state in CellState}
    return {
        "title": title,
        "snapshot_at": snapshot_at,
        "generator": generator,
        "sums": {"expected": len(cells), **counts},
        "files": sum(cell.files for cell in cells),
        "bytes": sum(cell.bytes for cell in cells),
        "cells": [
            [c.assignment, c.username, c.folder, c.state.value, c.files, c.bytes,
             c.problems, c.reason]
            for c in cells
        ],
    }  # fmt: skip


def encode_data(value: object) -> bytes:
    """Return JSON on one line that can stand in a block of a page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():  # far faster than str.translate
        text = text.replace(character, escape)
    return text.encode("utf-8", "backslashreplace")


def _write_block(target: BinaryIO, name: str, content: bytes) -> None:
    target.write(f'<script type="application/json" id="{name}">'.encode())
    target.write(content + b"</script>\n")


def _policy() -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    # Pictures lie beside the page; a page from disk is of no origin that 'self' names.
    return (
        f"default-src 'none'; script-src 'sha256-{digest(PROGRAM)}'; "
        f"style-src 'sha256-{digest(STYLE)}'; img-src 'self' file:; "
        "base-uri 'none'; form-action 'none'"
    )
