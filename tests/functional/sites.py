"""A real Bookbag in a folder of its own, run through its command line."""

import atexit
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

PASSWORD = "correct-horse-battery"  # noqa: S105 - of test users only
TEACHER = "grace.mbeki@school.example"
STUDENT = "amara.okafor@school.example"
ADMIN = "admin@example.edu"
WORKSPACE = "Example University"
PATIENCE_SECONDS = 180  # a loaded machine is slow; what never comes still fails
LOOK_SECONDS = 0.02
_templates = tempfile.mkdtemp(prefix="bookbag-template-")
atexit.register(shutil.rmtree, _templates, ignore_errors=True)
MIGRATED = Path(_templates) / "migrated.sqlite3"
"""A database with all tables and no rows, of this process of the run."""
RUN_COMMANDS = """
import sys
from bookbag.config.entry import main
for arguments in {commands!r}:
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""
"""Runs commands one after the other in one process: starting takes the longest."""
REQUEST_EXPORT = """
import django
django.setup()
from bookbag.domain.courses.models import Course
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.services import request_export
course = Course.objects.get()
teacher = course.enrolments.filter(role="Teacher").order_by("pk")[0].user
print(request_export(
    person=teacher, identifier="course-data", scope=ExportScope.of_course(course)
).pk)
"""


class Site:
    """One site; everything that it starts is stopped with it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        (self.port,) = find_ports(1)
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "BOOKBAG_VAR": str(folder / "var"),
            "BOOKBAG_BASE_URL": self.base_url,
            "BOOKBAG_LEASE_SECONDS": "3",
            **settings,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        """What it has started, in that order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self.processes):
            stop(process)

    def kill(self) -> None:
        """Kill whatever still runs, also what is frozen."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process of the site."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("BOOKBAG_") and name != "DATABASE_URL"
        }
        return kept | self.settings

    def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command and return what came of it, whatever its exit status."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "bookbag", *arguments],
            env=self.environment | dict(environment or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def run_python(
        self, program: str, *, patience_seconds: int = PATIENCE_SECONDS
    ) -> str:
        """Run a program in the site's environment and return what it printed."""
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", program],
            env=self.environment
            | {"DJANGO_SETTINGS_MODULE": "bookbag.config.settings"},
            capture_output=True,
            text=True,
            check=False,
            timeout=patience_seconds,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def request_export(self) -> str:
        """Ask for the only course's data as its teacher; return the export's id."""
        return self.run_python(REQUEST_EXPORT).strip()

    def fetch_export(self) -> Path:
        """Ask for the only course's data, wait for a worker, and return the archive."""
        export_id = self.request_export().replace("-", "")
        statement = (
            f"SELECT storage_key FROM exports_export WHERE id = '{export_id}' "  # noqa: S608
            "AND state = 'ready'"
        )
        wait_until(lambda: bool(self.query(statement)), "the export to be ready")
        ((key,),) = self.query(statement)
        return self.folder / "var" / "exports" / str(key)

    def start(
        self, *arguments: str, under: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a command that runs until it is stopped.

        Args:
            arguments: The command and its options.
            under: A program that starts it, with arguments that end before ours.
        """
        log = (self.folder / f"{arguments[0]}.log").open("ab")
        with log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*under, sys.executable, "-m", "bookbag", *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def load_sample(self, *, students: int) -> None:
        """Load a sample course with a teacher, a student and an admin to sign in as."""
        self._load(
            students,
            self._user(TEACHER, "Member"),
            self._user(STUDENT, "Member"),
            self._user(ADMIN, "Admin"),
        )

    def load_course(self, *, students: int) -> None:
        """Load a sample course; nobody in it has a password."""
        self._load(students)

    def migrate(self) -> None:
        """Make the tables; an SQLite database is a copy of the first one of the run.

        Migrating takes seconds each time, and gives the same each time.
        """
        database = Path(self.settings["BOOKBAG_VAR"]) / "bookbag.sqlite3"
        if "DATABASE_URL" in self.settings or database.exists():
            self.succeed("migrate")
        elif not MIGRATED.exists():
            self.succeed("migrate")
            with closing(sqlite3.connect(database)) as made:
                made.execute("VACUUM INTO ?", [str(MIGRATED)])
        else:
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            database.touch(mode=0o600)
            shutil.copyfile(MIGRATED, database)

    def succeed(self, *arguments: str) -> None:
        """Run one command that has to succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr

    def serve(self, *more: str) -> subprocess.Popen[bytes]:
        """Start pages and worker, and wait until the pages answer."""
        process = self.start("serve", f"--port={self.port}", *more)
        wait_until(self.answers, "the pages to answer")
        return process

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in the site's SQLite database and return its rows."""
        path = self.folder / "var" / "bookbag.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            return database.execute(statement).fetchall()

    def freeze(self, process: "subprocess.Popen[bytes]") -> None:
        """Freeze a process, but not while SQLite waits for it.

        SQLite has one lock for all who write, and keeps it for whom the kernel has
        stopped in the middle: nobody could take over.
        """
        os.kill(process.pid, signal.SIGSTOP)
        while not self._can_write():
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(random.uniform(0, 0.01))  # noqa: S311 - no secret
            os.kill(process.pid, signal.SIGSTOP)

    def _can_write(self) -> bool:
        path = self.folder / "var" / "bookbag.sqlite3"
        with closing(sqlite3.connect(path, timeout=0.2)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True

    def answers(self) -> bool:
        """Answer whether the pages are there."""
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                f"{self.base_url}/accounts/login/", timeout=5
            ) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def _load(self, students: int, *more: tuple[str, ...]) -> None:
        course = str(self.folder / "course")
        self.migrate()
        self.succeed_together(
            ("sample", course, f"--students={students}"),
            ("load", course, f"--workspace={WORKSPACE}"),
            *more,
        )

    def succeed_together(self, *commands: tuple[str, ...]) -> None:
        """Run commands one after the other in one process; all have to succeed."""
        self.run_python(RUN_COMMANDS.format(commands=commands))

    def _user(self, email: str, role: str) -> tuple[str, ...]:
        return (
            *("user", email, f"--role={role}", f"--workspace={WORKSPACE}"),
            f"--password={PASSWORD}",
        )


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask a process to stop as Ctrl-C does, and return its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so, and fail when it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            message = f"Waited {PATIENCE_SECONDS} s for {what}"
            raise AssertionError(message)
        time.sleep(LOOK_SECONDS)


def list_children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text(encoding="ascii").split()]


def is_alive(pid: int) -> bool:
    """Answer whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def find_ports(count: int) -> list[int]:
    """Return ports that are free, each another one."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
