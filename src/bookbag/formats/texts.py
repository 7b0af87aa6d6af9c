"""Text from outside: whether it can be kept, and how to show it without harm."""

import unicodedata

SHOWN_CHARACTERS = 120


def show_text(text: str, *, limit: int | None = SHOWN_CHARACTERS) -> str:
    """Return text from outside so that printing it can do no harm.

    Control characters, which could steer a terminal, and bytes that are not UTF-8 are
    written as escapes; long text is cut.
    """
    cut = limit is not None and len(text) > limit
    kept = text[:limit] if cut else text
    shown = "".join(char if char.isprintable() else _escape(char) for char in kept)
    return f"{shown}…" if cut else shown


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        # How Python carries a byte of a file name that is not UTF-8 (PEP 383).
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def is_utf8(name: str) -> bool:
    """Answer whether a name read from disk is UTF-8, so that a database can hold it."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def has_control_character(text: str) -> bool:
    """Answer whether the text holds a character that only steers, such as NUL."""
    return any(unicodedata.category(char) == "Cc" for char in text)
