"""Users and sessions from asking to the file, on a real site with a real worker."""

import json
import os
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.functional.sites import Site

USERS = 10_000
SESSIONS = int(os.environ.get("BOOKBAG_BENCH_SESSIONS", "1000000"))
pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_200)]
FILL = f"""
import django
django.setup()
from bookbag.domain.people.models import *
from bookbag.domain.roleplay.models import *
from datetime import UTC, datetime, timedelta
workspace = Workspace.objects.create(name="Bench", slug="bench")
start = datetime(2026, 1, 1, tzinfo=UTC)
users = User.objects.bulk_create([
    User(username=f"u{{n}}", email=f"u{{n}}@example.edu", first_name=f"First {{n}}",
         last_name=f"Last {{n}}") for n in range({USERS})
])
members = Member.objects.bulk_create([
    Member(workspace=workspace, user=user, role="Admin" if n == 0 else "Member")
    for n, user in enumerate(users)
])
groups = Group.objects.bulk_create(
    [Group(workspace=workspace, name=f"Group {{n}}") for n in range(50)]
)
GroupMember.objects.bulk_create([
    GroupMember(group=groups[(n * k) % 50], member=member)
    for n, member in enumerate(members) for k in (1,)
])
scenarios = Scenario.objects.bulk_create(
    [Scenario(workspace=workspace, name=f"Scenario {{n}}") for n in range(40)]
)
for first in range(0, {SESSIONS}, 20_000):
    RoleplaySession.objects.bulk_create([
        RoleplaySession(
            workspace=workspace, external_id=f"s{{n}}", participant=users[n % {USERS}],
            scenario=scenarios[n * 7 % 40], score=n % 101, is_valid_attempt=n % 3 > 0,
            started_at=start + timedelta(seconds=n),
            ended_at=start + timedelta(seconds=n + 600), is_demo=n % 50 == 0,
        )
        for n in range(first, min(first + 20_000, {SESSIONS}))
    ])
"""
ASK = """
import json, sys, time, django
django.setup()
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.services import request_export
from bookbag.exports.storage import get_storage
admin = User.objects.get(username="u0")
scope = ExportScope(workspace=Workspace.objects.get(slug="bench"))
begin = time.perf_counter()
export = request_export(
    person=admin, identifier={identifier!r}, scope=scope,
    options={{"dialect": {dialect!r}}},
)
while export.state in ("queued", "running"):
    time.sleep(0.02)
    export.refresh_from_db()
with get_storage().open_file(export.storage_key) as file:
    size = sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))
seconds = time.perf_counter() - begin
print(json.dumps([export.state, export.failure_sentence, export.receipt.present, size,
                  seconds]))
"""


class MemoryWatch(Thread):
    """Notes the most memory that a process and its children have at one time."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = Event()
        self.peak_bytes = 0

    def run(self) -> None:
        while not self._is_over.wait(0.02):
            self.peak_bytes = max(self.peak_bytes, sum(map(_resident, self._all())))

    def stop(self) -> int:
        self._is_over.set()
        self.join()
        return self.peak_bytes

    def _all(self) -> list[int]:
        found = [self._pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    found += map(int, task.read_text().split())
                except OSError:
                    continue  # it has just ended
        return found


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_users_and_sessions_from_asking_to_the_file(tmp_path: Path) -> None:
    with Site(tmp_path, BOOKBAG_LEASE_SECONDS="30") as site:
        assert site.run("migrate").returncode == 0
        site.run_python(FILL, patience_seconds=900)
        worker = site.start("worker")
        print(f"\n{USERS:,} users and {SESSIONS:,} sessions")  # noqa: T201
        for identifier, dialect in (
            ("users", "csv"),
            ("groups", "csv"),
            ("sessions", "csv"),
            ("sessions", "parquet"),
            ("sessions", "xlsx"),
        ):
            watch = MemoryWatch(worker.pid)
            watch.start()
            ask = ASK.format(identifier=identifier, dialect=dialect)
            said = site.run_python(ask, patience_seconds=900)
            peak = watch.stop()
            state, failure, rows, size, seconds = json.loads(said)
            assert (state, failure) == ("ready", "")
            facts = f"{seconds:7.2f} s {rows:>9,} rows {rows / seconds:>9,.0f} rows/s"
            print(  # noqa: T201
                f"  {identifier:9} {dialect:8} {facts} {size / 1e6:7.1f} MB"
                f" {peak / 1e6:5.0f} MB peak"
            )
