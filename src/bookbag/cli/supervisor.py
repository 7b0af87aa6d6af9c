"""Starting the web server and the worker as processes, and keeping both running."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from bookbag.cli.tied import STOP_SECONDS

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
RESTART_WAITS = (0.5, 1, 2, 5, 10)
"""Seconds to wait before each restart of a process that keeps dying."""
STEADY_SECONDS = 30
"""A process that ran so long starts over at the first of those waits."""


@dataclass(slots=True, kw_only=True)
class Supervised:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    """A module with its arguments, as after ``python -m``."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start the process in a session of its own, tied to this one by a pipe.

        Ctrl-C in a terminal then reaches the supervisor only, which stops the
        others in order; and when the supervisor itself is killed, the pipe ends
        (see ``tied``).
        """
        self.process = subprocess.Popen(  # noqa: S603 - our own command lines
            (sys.executable, "-m", "bookbag.cli.tied", *self.command),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.started = time.monotonic()

    def look(self) -> None:
        """Restart the process if it has died, after a wait."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return
            if now - self.started > STEADY_SECONDS:
                self.deaths = 0
            wait = RESTART_WAITS[min(self.deaths, len(RESTART_WAITS) - 1)]
            logger.warning("%s ended with %s; starting it again", self.name, status)
            self.deaths += 1
            self.restart_at = now + wait
            self._forget()
        elif now >= self.restart_at:
            self.start()

    def stop(self) -> None:
        """Ask the process to stop, and kill it when it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("%s did not stop in %s s", self.name, STOP_SECONDS)
                self.process.kill()
                self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


class Supervisor:
    """Runs several processes until it is asked to stop, then stops them all."""

    def __init__(self, processes: Sequence[Supervised]) -> None:
        self._processes = processes
        self._is_stopping = False

    def run(self) -> None:
        """Start everything, keep it running, and stop it in the reverse order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        for process in self._processes:
            process.start()
        try:
            while not self._is_stopping:
                for process in self._processes:
                    process.look()
                time.sleep(LOOK_SECONDS)
        finally:
            for process in reversed(self._processes):
                process.stop()

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True


def web_process(application: str, *, host: str, port: int, workers: int) -> Supervised:
    """Return the web server: gunicorn with threads (ADR 0013)."""
    return Supervised(
        name="The web server",
        command=(
            "gunicorn",
            application,
            f"--bind={host}:{port}",
            "--worker-class=gthread",
            f"--workers={workers}",
            "--threads=16",
            "--timeout=120",
            "--graceful-timeout=10",
            "--log-level=warning",
            "--no-control-socket",
        ),
    )


def worker_process(*, workers: int) -> Supervised:
    """Return the worker process that compiles exports."""
    return Supervised(
        name="The worker",
        command=("bookbag", "worker", f"--workers={workers}"),
    )
