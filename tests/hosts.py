"""Hosts on one machine: each has a network, a name and a disk of its own.

A host is a set of Linux namespaces. Servers stay on 127.0.0.1 of their own host;
another host reaches the ports that it was given, through relays, and no others.
Stopping the relays is pulling the cable: what was said before waits, and arrives when
they go on.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import relays, services

START = """
hostname "$0" && ip link set lo up && mount --bind "$1" "$2" && echo ready &&
exec sleep infinity
"""
QUIET_SECONDS = 0.2


class Network:
    """Hosts that reach each other's ports."""

    def __init__(self, folder: Path, processes: list[subprocess.Popen[str]]) -> None:
        self._folder = folder
        self._processes = processes

    def add_host(self, name: str, *, var: Path) -> "Host":
        """Make a host whose own disk stands in the place of a folder."""
        disk = self._folder / name
        disk.mkdir(mode=0o700)
        places = [name, str(disk), str(var)]
        started = self.start(
            "unshare", "--net", "--uts", "--mount", "sh", "-c", START, *places
        )
        if started is None:
            services.skip_or_fail("Namespaces for hosts cannot be made here")
        return Host(self, name=name, disk=disk, pid=started.pid)

    def offer(self, port: int, host: "Host | None" = None) -> None:
        """Let hosts reach a port of a host, or of the machine itself."""
        under = host.under if host else ()
        relay = self._relay(*under, places=(self._file(port), str(port)))
        if host:
            host.relays.append(relay)

    def lead(self, host: "Host", *ports: int) -> None:
        """Let a host reach ports that were offered, as ports of its own."""
        pairs = [place for port in ports for place in (str(port), self._file(port))]
        host.relays.append(self._relay(*host.under, places=tuple(pairs)))

    def start(self, *command: str) -> "subprocess.Popen[str] | None":
        """Start a process that says when it is ready; None if it ends instead."""
        process = subprocess.Popen(  # noqa: S603 - programs of this machine
            command, stdout=subprocess.PIPE, text=True
        )
        self._processes.append(process)
        assert process.stdout is not None
        return process if process.stdout.readline() == "ready\n" else None

    def _relay(self, *under: str, places: tuple[str, ...]) -> "subprocess.Popen[str]":
        program = Path(relays.__file__)
        relay = self.start(*under, sys.executable, str(program), *places)
        assert relay is not None, f"no relay between {places}"
        return relay

    def _file(self, port: int) -> str:
        return str(self._folder / f"{port}.sock")


@contextmanager
def running_network(folder: Path) -> Iterator[Network]:
    """Run hosts and relays of the block's own."""
    processes: list[subprocess.Popen[str]] = []
    try:
        yield Network(folder, processes)
    finally:
        for process in reversed(processes):
            process.kill()
            process.communicate()


class Host:
    """A machine of a network."""

    def __init__(self, network: Network, *, name: str, disk: Path, pid: int) -> None:
        self.network = network
        self.name = name
        self.disk = disk
        self.under = ("nsenter", f"--target={pid}", "--net", "--uts", "--mount", "--")
        """What starts a program on it."""
        self.relays: list[subprocess.Popen[str]] = []

    def cut_off(self) -> None:
        """Pull its cable."""
        for relay in self.relays:
            relay.send_signal(signal.SIGSTOP)
        # A signal is delivered soon, and what a relay had taken is passed on before.
        time.sleep(QUIET_SECONDS)

    def join_again(self) -> None:
        """Put its cable back."""
        for relay in self.relays:
            relay.send_signal(signal.SIGCONT)

    def list_files(self) -> list[Path]:
        """Return the files on its disk."""
        return [path for path in self.disk.rglob("*") if path.is_file()]
