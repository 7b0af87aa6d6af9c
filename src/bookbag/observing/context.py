"""Names that every log record of a piece of work carries."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar("bookbag_context")
_NOTHING: Mapping[str, str] = {}


@contextmanager
def bind_context(**names: str) -> Iterator[None]:
    """Let every log record of the block carry some names.

    Args:
        names: Such as ``request_id`` or ``export_id``; ids only, never people.
    """
    token = _CONTEXT.set({**_CONTEXT.get(_NOTHING), **names})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def iter_context() -> Iterator[tuple[str, str]]:
    """Yield the names that are bound now."""
    yield from _CONTEXT.get(_NOTHING).items()


class ContextFilter(logging.Filter):
    """Adds the bound names to each record, for the formatter of the log.

    Shape: one attribute for each name, and ``context``, which is all of them as text
    in brackets, or empty.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the names; every record passes."""
        bound = dict(iter_context())
        for name, value in bound.items():
            setattr(record, name, value)
        words = " ".join(f"{name}={value}" for name, value in bound.items())
        record.context = f"[{words}] " if words else ""
        return True
