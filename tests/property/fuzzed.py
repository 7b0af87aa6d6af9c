"""What Hypothesis makes of whole inputs: changed ones, cut ones, and noise."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("BOOKBAG_TEST_FUZZ_EXAMPLES", "15"))
"""For each parser; few in CI, more by hand."""
fuzzing = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""How every parser is tried. A parser that hangs meets the suite's time limit."""


@st.composite
def changed(draw: st.DrawFn, seeds: list[bytes], words: tuple[bytes, ...]) -> bytes:
    """Return one of some inputs with a few changes, or mere noise."""
    content = bytearray(draw(st.sampled_from(seeds) | st.binary(max_size=200)))
    piece = st.sampled_from(words) | st.binary(max_size=8)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, min(40, len(content) - start)))
        content[start : start + length] = draw(piece)
    return bytes(content)
