"""Servers of a trial's own, which may be stopped, killed and emptied."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis as redis_client

from tests import services
from tests.functional.sites import find_ports, stop, wait_until

OWNER = "postgres"
"""PostgreSQL refuses to run as root; as root it runs as this user."""


class PostgresServer:
    """A PostgreSQL cluster in a folder of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        (self._port,) = find_ports(1)
        self.address = f"postgresql://trial@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        """Make the cluster."""
        self._run("initdb", "--username=trial", "--auth=trust", "--no-sync")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self._port} -h 127.0.0.1 -k {self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "--wait", f"--options={options}", f"--log={log}")

    def stop(self, mode: str) -> None:
        """Stop it: ``fast`` ends what runs, ``immediate`` as a crash would."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def restart(self, mode: str) -> None:
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [
            *_as_owner(),
            str(self._programs / program),
            *arguments,
            f"--pgdata={self._folder / 'data'}",
        ]
        subprocess.run(  # noqa: S603 - programs of the machine
            command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder
        )


class RedisServer:
    """A Redis server that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (self._port,) = find_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = services.require_program("redis-server")
        self._process = subprocess.Popen(  # noqa: S603 - a program of the machine
            [program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, "Redis to answer")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            stop(self._process)

    def restart(self) -> None:
        """Stop it and start it again, empty."""
        self.stop()
        self.start()

    def forget(self) -> None:
        """Remove everything that it holds."""
        with redis_client.Redis.from_url(self.address) as client:
            client.flushall()

    def _answers(self) -> bool:
        try:
            with redis_client.Redis.from_url(self.address) as client:
                return bool(client.ping())
        except redis_client.RedisError:
            return False


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a cluster of the block's own."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        services.skip_or_fail("The programs of a PostgreSQL server are not installed")
    # Its user may not enter the folders of tests.
    folder = Path(tempfile.mkdtemp(prefix="bookbag-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, OWNER)
    server = PostgresServer(folder, programs[-1])
    try:
        server.create()
        server.start()
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """Run a server of the block's own."""
    server = RedisServer(folder)
    server.start()
    yield server
    server.stop()


def _as_owner() -> list[str]:
    if os.getuid() != 0:
        return []
    pwd.getpwnam(OWNER)
    return [services.require_program("runuser"), "-u", OWNER, "--"]
