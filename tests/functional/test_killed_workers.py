"""Exports outlive their workers: real processes, killed and frozen in mid-export."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.functional.sites import Site, wait_until

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("BOOKBAG_FAULT_ROUNDS", "2"))
AGAIN = """
UPDATE exports_export SET state = 'queued', attempt = 0, lease_expires_at = NULL,
woken_at = '2026-01-01 00:00:00' WHERE id = '{}'
"""
"""Makes the very same export, identity and snapshot, once more."""


@pytest.fixture(scope="module")
def course_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site"), BOOKBAG_LEASE_SECONDS="4") as site:
        site.load_sample(students=60)
        yield site


def ask(site: Site) -> str:
    return site.request_export().replace("-", "")


def state_of(site: Site, export_id: str) -> str:
    rows = site.query(f"SELECT state FROM exports_export WHERE id = '{export_id}'")  # noqa: S608
    return str(rows[0][0])


def finish(site: Site, export_id: str) -> tuple[str, int]:
    """Wait until it is ready and return its SHA-256 and the attempt."""
    wait_until(lambda: state_of(site, export_id) == "ready", "the export to be ready")
    ((key, sha256, attempt),) = site.query(
        "SELECT storage_key, sha256, attempt FROM exports_export "  # noqa: S608
        f"WHERE id = '{export_id}'"
    )
    path = site.folder / "var" / "exports" / str(key)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    return str(sha256), int(str(attempt))


def interrupt(site: Site, worker: "subprocess.Popen[bytes]", export_id: str) -> bool:
    """Freeze the worker as soon as it works on the export, then kill it."""
    wait_until(lambda: state_of(site, export_id) != "queued", "the claim")
    os.kill(worker.pid, signal.SIGSTOP)
    was_running = state_of(site, export_id) == "running"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    return was_running


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_killed_export_is_finished_by_another_worker_with_the_same_bytes(
    course_site: Site, round_number: int
) -> None:
    site = course_site
    export_id = ask(site)
    was_running = interrupt(site, site.start("worker"), export_id)
    worker = site.start("worker")
    found, attempt = finish(site, export_id)

    site.query(f"DELETE FROM exports_exportreceipt WHERE export_id = '{export_id}'")  # noqa: S608
    site.query(AGAIN.format(export_id))
    undisturbed, _attempts = finish(site, export_id)

    assert was_running
    assert attempt > 1
    assert undisturbed == found
    worker.send_signal(signal.SIGINT)
    assert worker.wait(30) == 0


def test_a_frozen_worker_that_wakes_changes_nothing(course_site: Site) -> None:
    site = course_site
    first = site.start("worker")
    export_id = ask(site)
    wait_until(lambda: state_of(site, export_id) != "queued", "the claim")
    site.freeze(first)
    assert state_of(site, export_id) == "running"
    second = site.start("worker")
    expected, attempt = finish(site, export_id)

    os.kill(first.pid, signal.SIGCONT)
    first.send_signal(signal.SIGINT)

    assert first.wait(30) == 0
    assert finish(site, export_id) == (expected, attempt)
    assert attempt > 1
    second.send_signal(signal.SIGINT)
    second.wait(30)
    site.run("sweep")
    kept = [path.name for path in (site.folder / "var/exports/staged").iterdir()]
    assert kept == []
