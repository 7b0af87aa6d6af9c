"""What the composition root hands to the command line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class SettingLine(Protocol):
    """One setting as ``bookbag check`` prints it."""

    name: str
    shown: str
    is_default: bool
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The parts that only the composition root can give."""

    run_worker: Callable[[int], None]
    """Work on exports, so many at a time, until told to stop."""
    settings: Sequence[SettingLine]
    """Every setting with its value (secrets hidden) and what is wrong with it."""
    web_application: str
    """The WSGI application as a web server names it: ``module:name``."""
    server: str = ""
    """The address of the server that commands ask instead of this machine."""
    token: str = field(default="", repr=False)
    """The token for that server."""
