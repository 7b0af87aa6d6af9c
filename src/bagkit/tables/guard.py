"""The formula guard: an apostrophe before text that a spreadsheet would run.

It covers text that starts, also after blanks, with ``=``, ``+``, ``-``, ``@``, a tab,
a carriage return, NUL or the full-width and small forms, and text that starts with an
apostrophe itself, so that taking one apostrophe away always gives back the original.
Blanks are all that people do not see: separators, control and format characters.

Source: OWASP ASVS 5, 1.2.10; ADR 0006.
"""

import pyarrow as pa
import pyarrow.compute as pc

_SIGNS = "=+\\-@\\t\\r\\x00\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
_DANGEROUS = f"^('|[\\p{{Z}}\\p{{Cc}}\\p{{Cf}}]*[{_SIGNS}])"
# Only a text that starts with a blank, a sign or something beyond ASCII can match.
# Looking at one byte of each text costs a sixth of looking for the pattern, and most
# columns hold no such text.
_HARMLESS_BYTES = bytes(set(range(0x21, 0x7F)) - set(b"'+-=@"))


def guard_texts(texts: pa.Array) -> tuple[pa.Array, int]:
    """Return the texts with an apostrophe before each dangerous one.

    Returns:
        The texts, and how many of them changed.
    """
    if not _may_match(texts):
        return texts, 0
    matches = pc.match_substring_regex(texts, pattern=_DANGEROUS)
    count = int(pc.sum(matches).as_py() or 0)
    if not count:
        return texts, 0
    guarded = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(matches, guarded, texts), count


def unguard_texts(texts: pa.Array) -> pa.Array:
    """Return the texts as they were before ``guard_texts``."""
    return pc.replace_substring_regex(
        texts, pattern="^'", replacement="", max_replacements=1
    )


def _may_match(texts: pa.Array) -> bool:
    firsts = pc.binary_slice(texts.cast(pa.binary()), 0, 1)
    content = firsts.buffers()[2]
    # What pads the buffer is taken for NUL, which costs time only.
    return bool(content and content.to_pybytes().translate(None, _HARMLESS_BYTES))
