"""Where an act comes from: faces say it once, and every service under them knows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser

from bookbag.domain.audit.models import Face


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The face that something is done through, and who is behind it."""

    face: Face
    address: str = ""
    find_person: Callable[[], AbstractUser | None] = lambda: None
    """Asked when something is recorded: a request may sign somebody in half-way."""
    name: str = ""
    """Who it is when it is nobody with an account."""


_WORKER = Origin(face=Face.WORKER)
_current: ContextVar[Origin] = ContextVar("origin")


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Say where everything that is done inside comes from."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def current_origin() -> Origin:
    """Return where the running code comes from; a worker unless a face said so."""
    return _current.get(_WORKER)
