"""Processes die, freeze and crowd, and the export still ends as it should."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.functional.faults.trials import (
    ROUNDS,
    Trial,
    kill,
    report,
    wait_a_random_moment,
)
from tests.functional.sites import Site, is_alive, list_children, stop, wait_until

pytestmark = pytest.mark.faults
EACH_ROUND = pytest.mark.parametrize("round_number", range(ROUNDS))


@EACH_ROUND
def test_a_worker_is_killed_at_a_random_moment(trial: Trial, round_number: int) -> None:
    trial.ask()
    first = trial.site.start("worker")
    trial.wait_for("running", "ready")
    wait_a_random_moment()
    kill(first)
    second = trial.site.start("worker")

    ended = trial.settle()

    stop(second)
    assert ended.state == "ready"
    trial.check(ended, mails=2)  # it may die between sending and noting it
    assert trial.repeat_undisturbed() == ended.sha256
    report("kill -9 of the worker", ended)


@EACH_ROUND
def test_web_server_and_worker_are_killed_under_their_supervisor(
    trial: Trial, round_number: int
) -> None:
    supervisor = trial.site.serve()
    trial.ask()
    trial.wait_for("running", "ready")
    for child in list_children(supervisor.pid):
        os.kill(child, signal.SIGKILL)

    ended = trial.settle()
    wait_until(trial.site.answers, "the pages to answer again")

    stop(supervisor)
    assert ended.state == "ready"
    trial.check(ended, mails=2)
    report("kill -9 of web server and worker", ended)


@EACH_ROUND
def test_the_supervisor_is_killed(trial: Trial, round_number: int) -> None:
    first = trial.site.serve()
    children = list_children(first.pid)
    trial.ask()
    trial.wait_for("running", "ready")
    kill(first)
    wait_until(lambda: not any(map(is_alive, children)), "its processes to end")
    second = trial.site.serve()

    ended = trial.settle()

    stop(second)
    assert ended.state == "ready"
    trial.check(ended, mails=2)
    report("kill -9 of the supervisor", ended)


@EACH_ROUND
def test_a_worker_freezes_past_its_lease_and_wakes(
    trial: Trial, round_number: int
) -> None:
    trial.ask()
    first = trial.site.start("worker")
    trial.wait_for("running")
    trial.site.freeze(first)
    second = trial.site.start("worker")
    ended = trial.settle()

    os.kill(first.pid, signal.SIGCONT)
    stop(first)
    stop(second)

    assert trial.look() == ended
    assert ended.attempt > 1
    trial.check(ended)
    report("worker frozen past its lease", ended)


@EACH_ROUND
def test_four_workers_take_over_at_once(trial: Trial, round_number: int) -> None:
    trial.ask()
    kill_in_the_middle(trial)
    workers = [trial.site.start("worker") for _ in range(4)]

    ended = trial.settle()

    for worker in workers:
        stop(worker)
    claims = trial.query(
        "SELECT attempt FROM exports_exportevent WHERE kind = 'taken-over'"
    )
    assert ended.state == "ready"
    assert len(claims) == len(set(claims)), "two workers claimed the same attempt"
    trial.check(ended)
    report("four takeovers at once", ended)


@EACH_ROUND
def test_four_sweeps_run_at_once(trial: Trial, round_number: int) -> None:
    trial.ask()
    worker = trial.site.start("worker")
    ended = trial.settle()
    stop(worker)
    trial.query("UPDATE exports_export SET expires_at = '2026-01-01 00:00:00+00:00'")

    with ThreadPoolExecutor(4) as pool:
        sweeps = list(pool.map(lambda _n: trial.site.run("sweep"), range(4)))

    assert [done.returncode for done in sweeps] == [0] * 4
    assert trial.look().state == "expired"
    kinds = trial.query("SELECT kind FROM exports_exportevent WHERE kind = 'expired'")
    assert kinds == [("expired",)]
    assert list_published(trial.site) == []
    report("four sweeps at once", ended)


def kill_in_the_middle(trial: Trial) -> None:
    worker = trial.site.start("worker")
    trial.wait_for("running")
    kill(worker)


def list_published(site: Site) -> list[Path]:
    return list((site.folder / "var/exports/published").iterdir())
