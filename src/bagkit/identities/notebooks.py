"""Notebooks: cells, outputs and metadata, wherever JSON escapes a name."""

import json
from collections import Counter

from bagkit.identities.dictionary import IdentityDictionary

MAX_BYTES = 16 << 20
"""A larger notebook is searched as a text."""


def cover_notebook(
    content: bytes, dictionary: IdentityDictionary
) -> tuple[bytes, Counter[str]] | None:
    """Return a notebook with pseudonyms, and what was found; None for no notebook."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    found: Counter[str] = Counter()
    try:
        covered = _cover(document, dictionary, found)
    except RecursionError:
        return None
    text = json.dumps(covered, ensure_ascii=False, indent=1)
    return f"{text}\n".encode("utf-8", "surrogatepass"), found


def _cover(
    value: object, dictionary: IdentityDictionary, found: Counter[str]
) -> object:
    if isinstance(value, str):
        text, counts = dictionary.replace(value)
        found.update(counts)
        return text
    if isinstance(value, list):
        return [_cover(item, dictionary, found) for item in value]
    if isinstance(value, dict):
        return {
            str(_cover(name, dictionary, found)): _cover(item, dictionary, found)
            for name, item in value.items()
        }
    return value
