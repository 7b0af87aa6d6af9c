"""A command whose messages go to a terminal, as a person sees them."""

import io
import os
import pty
import signal
import subprocess
import sys

from tests.functional.sites import Site


def run_in_terminal(
    site: Site, *arguments: str, interrupt_at: str = "", **variables: str
) -> tuple[int, str]:
    """Run a command and return its status and what the terminal showed.

    Args:
        site: Where to run it.
        arguments: The command.
        interrupt_at: Press Ctrl-C as soon as this is on the screen.
        variables: More of its environment.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bookbag", *arguments],
        env=site.environment | {"TERM": "xterm-256color"} | variables,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with process, os.fdopen(ours, "rb", buffering=0) as screen:
        while piece := _read(screen):
            shown += piece
            if interrupt_at and interrupt_at.encode() in shown:
                process.send_signal(signal.SIGINT)
                interrupt_at = ""
    return process.returncode, shown.decode()


def _read(screen: io.FileIO) -> bytes:
    try:
        return screen.read(65536) or b""
    except OSError:
        return b""  # how a terminal says that nobody writes to it any more
