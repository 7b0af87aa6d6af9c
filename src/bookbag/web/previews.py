"""Showing a file of a project on a page: as text, notebook or image, never as itself.

What students write is only ever shown as text that was escaped, or as a picture from an
address that can run nothing (see ``views.projects.raw``).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

SHOWN_BYTES = 512 * 1024
"""Larger texts are offered for download only."""
SNIFFED_BYTES = 8192
IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
NOTEBOOK_SUFFIX = ".ipynb"
PNG_URL = "data:image/png;base64,"


class PreviewKind(StrEnum):
    """How a file is shown."""

    TEXT = "text"
    NOTEBOOK = "notebook"
    IMAGE = "image"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookPart:
    """One cell of a notebook, or one of its outputs."""

    kind: str
    """markdown, code, output or picture."""
    html: SafeString
    """Escaped; of a picture its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A file, ready to be put into a page."""

    kind: PreviewKind
    size_bytes: int
    html: SafeString | None = None
    parts: tuple[NotebookPart, ...] = ()


def preview_file(name: str, file: BinaryIO, size_bytes: int) -> Preview:
    """Return how to show a file.

    Args:
        name: Its name; it says which language a text is in.
        file: The file, from its beginning.
        size_bytes: How large it is.
    """
    start = file.read(SNIFFED_BYTES)
    if find_image_type(start):
        return Preview(kind=PreviewKind.IMAGE, size_bytes=size_bytes)
    if size_bytes > SHOWN_BYTES or b"\0" in start:
        return Preview(kind=PreviewKind.NONE, size_bytes=size_bytes)
    content = start + file.read(SHOWN_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Preview(kind=PreviewKind.NONE, size_bytes=size_bytes)
    if name.endswith(NOTEBOOK_SUFFIX):
        parts = _read_notebook(text)
        if parts is not None:
            return Preview(
                kind=PreviewKind.NOTEBOOK, size_bytes=size_bytes, parts=parts
            )
    return Preview(
        kind=PreviewKind.TEXT, size_bytes=size_bytes, html=highlight_text(name, text)
    )


def find_image_type(start: bytes) -> str:
    """Return the media type of a picture that browsers show safely, or nothing.

    SVG is none of them: it can hold scripts.
    """
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in IMAGES.items() if start.startswith(sign)), "")


def highlight_text(name: str, text: str, language: str = "") -> SafeString:
    """Return a text as HTML, coloured as its language is, all of it escaped."""
    try:
        lexer = (
            get_lexer_by_name(language) if language else get_lexer_for_filename(name)
        )
    except ClassNotFound:
        lexer = TextLexer()
    formatter = HtmlFormatter(nowrap=True)
    # Pygments escapes every token that it writes.
    html: str = highlight(text, lexer, formatter)
    return mark_safe(html)  # noqa: S308


def _read_notebook(text: str) -> tuple[NotebookPart, ...] | None:
    try:
        notebook = json.loads(text)
        language = str(
            notebook.get("metadata", {}).get("language_info", {}).get("name")
        )
        cells = list(notebook["cells"])
        return tuple(part for cell in cells for part in _read_cell(cell, language))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _read_cell(cell: dict[str, Any], language: str) -> list[NotebookPart]:
    source = _join(cell.get("source", ""))
    if cell.get("cell_type") != "code":
        return [NotebookPart(kind="markdown", html=escape(source))]
    known = language if language != "None" else "python"
    parts = [NotebookPart(kind="code", html=highlight_text("", source, known))]
    for output in cell.get("outputs", []):
        shown = output.get("data", {})
        picture = "".join(_join(shown.get("image/png", "")).split())
        if picture.replace("+", "").replace("/", "").rstrip("=").isalnum():
            url = escape(PNG_URL + picture)
            parts.append(NotebookPart(kind="picture", html=url))
        text = _join(output.get("text", shown.get("text/plain", "")))
        if text:
            parts.append(NotebookPart(kind="output", html=escape(text)))
    return parts


def _join(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)
