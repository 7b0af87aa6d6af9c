"""Whose exports are meant: those of this machine, or those of a server."""

import sys
from dataclasses import dataclass
from pathlib import Path

from bookbag.cli.errors import UsageError
from bookbag.cli.exporting.local import LocalExports
from bookbag.cli.ports import Ports
from bookbag.cli.remote.connection import Connection
from bookbag.cli.remote.exports import ServerExports

MOST_TOKEN_LETTERS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of a command say about it."""

    server: str | None
    """An address; empty for this machine, None for what the environment says."""
    token_file: Path | None
    login: str
    """In whose name, on this machine."""


def open_source(
    ports: Ports, asked: Asked, *, works: bool = True
) -> LocalExports | ServerExports:
    """Return what makes the exports that are meant.

    Args:
        ports: Know the environment.
        asked: What the options say.
        works: Whether to work on exports of this machine here.

    Raises:
        UsageError: If the options contradict each other, or lack a token.
    """
    server = ports.server if asked.server is None else asked.server
    if not server:
        if asked.token_file is not None:
            raise UsageError("Found a token and no server, expected --server")
        return LocalExports(asked.login, works=works)
    if asked.login:
        message = "Found --as with a server, expected none: the token says who asks"
        raise UsageError(message)
    return ServerExports(Connection(server, _read_token(ports, asked.token_file)))


def _read_token(ports: Ports, file: Path | None) -> str:
    if file is None:
        return ports.token
    if str(file) == "-":
        return sys.stdin.read(MOST_TOKEN_LETTERS).strip()
    with file.open(encoding="utf-8") as opened:
        return opened.read(MOST_TOKEN_LETTERS).strip()
