r"""Names that every system can write, and the way back to the original ones.

A workspace comes from a system where any bytes but NUL and ``/`` make a name. The
teacher's system refuses ``a:b``, ``CON`` or a trailing dot, and takes ``Readme`` and
``README`` for the same file. Names are mapped when an archive is written; each
change is listed in ``names.csv``, with the original escaped so that it can be read
back exactly.

Source: Microsoft, "Naming Files, Paths, and Namespaces"; ADR 0020.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable

MAX_PATH_CHARACTERS = 240
"""Longest path in an archive, in UTF-16 units as Windows counts (its limit is 260)."""
DEEP_FOLDER = "_deep"
"""Where folders go whose path would be too long, by the digest of their path."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*%\\\ud800-\udfff\u2028\u2029]')
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-]|[A-Za-z0-9_]")
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?",
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})|\\\\")


def make_portable(name: bytes) -> str:
    """Return a name for every system, the same name where it already is one.

    Args:
        name: One path component as the operating system has it.
    """
    text = name.decode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    # Some programs compose accents when they unpack, and the digest is then of
    # another name.
    text = unicodedata.normalize("NFC", _FORBIDDEN.sub("_", text))
    kept = text.rstrip(". ")
    text = kept + "_" * (len(text) - len(kept))
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    return text or "_"


def collision_key(name: str) -> str:
    """Return what two names share when some system takes them for the same."""
    return unicodedata.normalize("NFC", name).casefold()


def map_names(
    names: Iterable[bytes],
    *,
    room: int = MAX_PATH_CHARACTERS,
    reserved: Iterable[str] = (),
) -> dict[bytes, str]:
    """Return a portable name for each entry of one folder, no two of them colliding.

    Names that need no change keep theirs before changed ones are numbered, in the
    order given, so that the same folder always gets the same names.

    Args:
        names: The entries' names.
        room: Longest name that may be made, in UTF-16 units.
        reserved: Names that no entry may get.
    """
    wanted = {name: _fit(make_portable(name), name, room) for name in names}
    taken = {collision_key(name) for name in reserved}
    if all(name.isascii() for name in wanted):
        folded = {text.lower() for text in wanted.values()}
        if len(folded) == len(wanted) and not folded & taken:
            return wanted
    mapped: dict[bytes, str] = {}
    exact = {n for n, text in wanted.items() if os.fsencode(text) == n}
    for name in sorted(wanted, key=lambda n: n not in exact):
        text = _number_until_free(wanted[name], taken)
        taken.add(collision_key(text))
        mapped[name] = text
    return {name: mapped[name] for name in wanted}


def path_length(path: str) -> int:
    """Return the length of a path in UTF-16 units."""
    return len(path) if path.isascii() else len(path.encode("utf-16-le")) // 2


def escape_path(path: bytes) -> str:
    r"""Return a path as text that holds every byte: ``\`` doubled, odd bytes ``\xNN``.

    Odd are control characters and bytes that are not UTF-8.
    """
    text = path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape_character(c) for c in text)


def unescape_path(text: str) -> bytes:
    """Return the path that ``escape_path`` made a text of."""
    return _ESCAPED.sub(
        lambda match: b"\\" if match[1] is None else bytes.fromhex(match[1].decode()),
        text.encode(),
    )


def _escape_character(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())


def _fit(text: str, original: bytes, room: int) -> str:
    if path_length(text) <= room:
        return text
    stem, dot, suffix = text.rpartition(".")
    if not dot or len(suffix) > 12:
        stem, suffix = text, ""
    mark = hashlib.sha256(original).hexdigest()[:8]
    return f"{stem[:16].rstrip(' .')}~{mark}{'.' + suffix if suffix else ''}"


def _number_until_free(name: str, taken: set[str]) -> str:
    if collision_key(name) not in taken:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    number = 2
    while collision_key(f"{stem}~{number}{dot}{suffix}") in taken:
        number += 1
    return f"{stem}~{number}{dot}{suffix}"
