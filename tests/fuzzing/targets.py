"""One parser, or a few of one kind, with what a fuzzer begins with.

A target returns, or the parser under it is at fault: every error that a parser
documents is taken inside, and whatever else comes out is a finding.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is fuzzed."""

    name: str
    run: Callable[[bytes], None]
    """Gives some bytes to the parser; raises what the parser must not raise."""
    make_seeds: Callable[[], list[bytes]]
    """Makes the corpus to begin with; no two runs need files for it."""
    words: tuple[bytes, ...]
    """What the format is made of, for the fuzzer's dictionary."""
    packages: tuple[str, ...]
    """Where the fuzzer counts what is reached."""


@contextmanager
def held_in_memory(content: bytes) -> Iterator[Path]:
    """Give some bytes as a regular file that no disk knows."""
    descriptor = os.memfd_create("fuzzed")
    try:
        os.write(descriptor, content)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
