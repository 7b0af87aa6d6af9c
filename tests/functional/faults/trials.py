"""A trial: a site with a course, a fault in mid-export, and what must hold after it.

Whatever went wrong: the export ends ready with a valid archive or failed with a reason,
one mail says so, nothing is left that belongs to nothing, and the bytes are those of an
export that nothing disturbed.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.fakes.smtp import SmtpServer, running_smtp_server
from tests.functional.sites import REQUEST_EXPORT, Site, stop, wait_until

ROUNDS = max(1, int(os.environ.get("BOOKBAG_FAULT_ROUNDS", "1")) // 25)
"""Rounds of each fault: one in CI, twenty by ``make faults``."""
STUDENTS = 24
FIRST_EXPORT = """
UPDATE exports_export SET state = 'queued', attempt = 0, lease_expires_at = NULL,
worker = '', woken_at = '2026-01-01 00:00:00+00:00'
"""
"""Makes the very same export, identity and snapshot, once more."""
FORGET = """
import django
django.setup()
from bookbag.exports.models import Export
from bookbag.exports.retention import remove_orphans
Export.objects.all().delete()
remove_orphans()
"""
LOOK_CLOSELY = """
import django
django.setup()
import shutil, tempfile
from pathlib import Path
from bookbag.exports.doctor import find_inconsistencies
from bookbag.exports.models import Export
from bookbag.exports.retention import remove_orphans
from bookbag.exports.storage import get_storage
from bookbag.exports.verification import verify_file
remove_orphans()
for case in find_inconsistencies():
    print(case.code, case.message)
for key in Export.objects.exclude(storage_key="").values_list("storage_key", flat=True):
    with get_storage().open_file(key) as file, tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        report = verify_file(Path(copy.name), None, name="it.zip")
    if not report.is_ok:
        print(report.summary)
"""
"""Sweeps as a worker does each minute, which removes what a killed attempt staged;
then prints what the doctor finds and what is wrong with the archive: nothing."""
MAIL_IS_DUE = """
UPDATE exports_mailmessage SET due_at = '2026-01-01 00:00:00+00:00'
WHERE state = 'waiting' AND (attempt = 0 OR failure <> '')
"""
"""Spares the trial the back-off of hours; what a worker is just sending stays its."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an export ended."""

    state: str
    attempt: int
    sha256: str
    failure: str


class Trial:
    """One site under faults."""

    def __init__(self, site: Site, inbox: SmtpServer) -> None:
        self.site = site
        self.inbox = inbox
        self.export_id = ""

    def ask(self) -> None:
        """Ask for the data of the course, anew."""
        self.inbox.received.clear()
        self.export_id = self.site.run_python(FORGET + REQUEST_EXPORT).strip()

    def forget(self) -> None:
        """Remove every export, as if none had been asked for."""
        self.inbox.received.clear()
        self.site.run_python(FORGET)

    def wait_for(self, *states: str) -> None:
        """Wait until the export is in one of some states."""
        wait_until(lambda: self.look().state in states, f"one of {states}")

    def look(self) -> Ended:
        """Return how far the export is."""
        ((state, attempt, sha256, code, sentence),) = self.query(
            "SELECT state, attempt, sha256, failure_code, failure_sentence "
            "FROM exports_export"
        )
        return Ended(
            state=str(state),
            attempt=int(str(attempt)),
            sha256=str(sha256),
            failure=f"{code}: {sentence}",
        )

    def settle(self) -> Ended:
        """Wait until the export has ended and its mail has left."""
        self.wait_for("ready", "failed")
        wait_until(self._mail_has_left, "the mail to leave")
        return self.look()

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in the site's database, whichever it is."""
        address = self.site.settings.get("DATABASE_URL")
        if address is None:
            return self.site.query(statement)
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def check(self, ended: Ended, *, mails: int = 1) -> None:
        """Check what must hold after any fault.

        Args:
            ended: What ``settle`` returned.
            mails: How many copies of the one mail a server may have kept.
        """
        self._check_mails(ended, mails)
        found = self.site.run_python(LOOK_CLOSELY)
        assert found == "", found
        staged = [path.name for path in self._list_files("staged")]
        assert staged == []
        if ended.state == "failed":
            assert not ended.failure.startswith(":"), "failed without a reason"
            assert self._list_files("published") == []

    def repeat_undisturbed(self) -> str:
        """Make the same export again with nothing in its way; return its SHA-256."""
        self.query("DELETE FROM exports_exportreceipt")
        self.query("DELETE FROM exports_mailmessage")
        self.query(FIRST_EXPORT)
        worker = self.site.start("worker")
        ended = self.settle()
        stop(worker)
        return ended.sha256

    def _mail_has_left(self) -> bool:
        states = self.query("SELECT state FROM exports_mailmessage")
        self.query(MAIL_IS_DUE)
        return states == [("delivered",)]

    def _check_mails(self, ended: Ended, mails: int) -> None:
        received = self.inbox.read_mails()
        ids = {message["Message-ID"] for message in received}
        assert len(ids) == 1
        assert 1 <= len(received) <= mails
        is_ready = "is ready" in str(received[0]["Subject"])
        assert is_ready is (ended.state == "ready")

    def _list_files(self, folder: str) -> list[Path]:
        path = self.site.folder / "var" / "exports" / folder
        return sorted(path.iterdir()) if path.exists() else []


@contextmanager
def running_trial(folder: Path, **settings: str) -> Iterator[Trial]:
    """Set up a site with a course and a mail server; nothing runs on it yet."""
    with running_smtp_server() as inbox:
        settings |= {"BOOKBAG_MAIL_URL": inbox.address}
        with Site(folder, **settings) as site:
            site.load_sample(students=STUDENTS)
            yield Trial(site, inbox)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process as the kernel does when memory is out."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def wait_a_random_moment() -> None:
    """Wait for up to the length of an export."""
    time.sleep(random.uniform(0, 0.6))  # noqa: S311 - no secret


def report(fault: str, ended: Ended) -> None:
    """Write one line of the table of faults, when a file for it is named."""
    path = os.environ.get("BOOKBAG_FAULT_TABLE")
    if path:
        line = {"fault": fault, "state": ended.state, "attempts": ended.attempt}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
