"""Texts in spreadsheets: every character comes back, also those that XML forbids.

Spreadsheets write a forbidden character as ``_xHHHH_``, and a text that looks like
that with its underscore written so. XlsxWriter does the same, but leaves the second of
two that share an underscore alone, and takes ``<r>`` … ``</r>`` for markup.

Source: ISO/IEC 29500-1, 22.4.2.4 (``bstr``).
"""

import re

from xlsxwriter.worksheet import Worksheet

MAX_CELL_UNITS = 32_767
"""What a cell holds, in UTF-16 units; Excel's own limit."""
PIECE_CHARACTERS = MAX_CELL_UNITS // 2
"""So many characters fit in a cell, whichever they are."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4})|^<(?=r>)|" + _FORBIDDEN.pattern)
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class TextWorksheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """XlsxWriter's worksheet with our own escapes."""

    @staticmethod
    def _escape_control_characters(data: str | int) -> str | int:
        return escape_text(data) if isinstance(data, str) else data


def has_forbidden_character(text: str) -> bool:
    """Answer whether XML cannot hold the text as it is."""
    return _FORBIDDEN.search(text) is not None


def escape_text(text: str) -> str:
    """Return the text as a spreadsheet stores it."""
    return _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def unescape_text(text: str) -> str:
    """Return the text that a spreadsheet stores."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def split_text(text: str) -> list[str]:
    """Return the pieces that a text needs as cells; mostly the text itself."""
    if len(text) <= PIECE_CHARACTERS or count_units(text) <= MAX_CELL_UNITS:
        return [text]
    starts = range(0, len(text), PIECE_CHARACTERS)
    return [text[start : start + PIECE_CHARACTERS] for start in starts]


def count_units(text: str) -> int:
    """Return a text's length as spreadsheets count it, in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)
