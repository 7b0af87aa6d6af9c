"""What a command started ends with it, however the command itself ended."""

import os
import signal
import subprocess
import sys

import pytest

from tests.functional.sites import Site, is_alive, list_children, wait_until

START_A_WORKER = """
import django, sys, time
django.setup()
from bookbag.cli.supervisor import worker_process
worker = worker_process(workers=1)
worker.start()
print(worker.process.pid, flush=True)
time.sleep(600)
"""
"""What the demo does while it waits for its export."""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_starter_leaves_no_worker_running(
    empty_site: Site, number: int
) -> None:
    empty_site.migrate()
    environment = empty_site.environment | {
        "DJANGO_SETTINGS_MODULE": "bookbag.config.settings"
    }
    starter = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", START_A_WORKER],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        worker = int(starter.stdout.readline())
        assert is_alive(worker)

        starter.send_signal(number)

    wait_until(lambda: not is_alive(worker), "the worker to end")


def test_a_killed_serve_leaves_nothing_running(empty_site: Site) -> None:
    process = empty_site.serve()
    children = list_children(process.pid)
    grandchildren = [pid for child in children for pid in list_children(child)]

    os.kill(process.pid, signal.SIGKILL)

    assert len(children) == 2
    assert grandchildren  # those of the web server
    for pid in [*children, *grandchildren]:
        wait_until(lambda pid=pid: not is_alive(pid), f"process {pid} to end")  # type: ignore[misc]  # bound at once


def test_a_closed_terminal_stops_serve_in_order(empty_site: Site) -> None:
    process = empty_site.serve()
    children = list_children(process.pid)

    process.send_signal(signal.SIGHUP)

    assert process.wait(30) == 0
    assert [pid for pid in children if is_alive(pid)] == []
