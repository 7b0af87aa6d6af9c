"""Several web servers and workers on hosts of their own, and one that is cut off."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import services
from tests.functional.faults.fleets import WEB_SERVERS, WORKERS, Fleet, running_fleet
from tests.functional.faults.trials import ROUNDS, report
from tests.functional.sites import stop, wait_until
from tests.stores import StoreServer

pytestmark = pytest.mark.faults
EACH_ROUND = pytest.mark.parametrize("round_number", range(ROUNDS))
SHARD_WORKSPACES = "3"
"""Of the 24 of the course, so that each worker has several shards."""
AT_WORK = (
    "SELECT DISTINCT split_part(worker, ':', 1) FROM exports_exportshard "
    "WHERE worker <> ''"
)
NOT_ON_THE_STORE = (
    "SELECT count(*) FROM courses_project WHERE files_folder NOT LIKE 's3://%'"
)
RUNS_ON = "SELECT split_part(worker, ':', 1) FROM exports_export"
TURNED_AWAY = ("was taken over by another worker", "was interrupted", "terminat")
"""What a worker says whose export, or whose connection, is not its own any more."""


@pytest.fixture(scope="module")
def bucket(store_server: StoreServer) -> str:
    return store_server.make_bucket()


@pytest.fixture(scope="module")
def all_hosts(
    tmp_path_factory: pytest.TempPathFactory, store_server: StoreServer, bucket: str
) -> Iterator[Fleet]:
    for name in ("unshare", "nsenter", "ip", "curl"):
        services.require_program(name)
    folder = tmp_path_factory.mktemp("fleet")
    with running_fleet(folder, store_server, bucket) as running:
        yield running


@pytest.fixture
def fleet(all_hosts: Fleet) -> Iterator[Fleet]:
    """The fleet, on which nothing runs."""
    yield all_hosts
    for host in all_hosts.hosts.values():
        host.join_again()
    all_hosts.site.kill()
    all_hosts.site.settings.pop("BOOKBAG_SHARD_WORKSPACES", None)


def test_hosts_share_three_addresses_and_no_disk(
    fleet: Fleet, store_server: StoreServer, bucket: str, tmp_path: Path
) -> None:
    fleet.trial.forget()
    fleet.site.settings["BOOKBAG_SHARD_WORKSPACES"] = SHARD_WORKSPACES
    for name in WEB_SERVERS:
        fleet.start_web(name)
    for name in WORKERS:
        fleet.start_worker(name)
    token = fleet.make_token()
    target = tmp_path / "it.zip"

    # Asked of one web server, compiled by both workers, fetched from the other.
    with ThreadPoolExecutor() as pool:
        exporting = pool.submit(fleet.export, "web-a", token, target)
        at_work = set(watch(fleet, exporting))
    found = exporting.result()

    digest = fleet.fetch("web-b", token, str(found["id"]))
    assert digest == found["sha256"]
    assert fleet.trial.query(NOT_ON_THE_STORE) == [(0,)]
    assert at_work == {(name,) for name in WORKERS}
    assert fleet.site.run("verify", str(target)).returncode == 0
    for name in (*WEB_SERVERS, *WORKERS):
        left = [path for path in fleet.hosts[name].list_files() if is_of_exports(path)]
        assert left == [], name
    fleet.site.kill()
    # One worker, and no shards: the same bytes.
    del fleet.site.settings["BOOKBAG_SHARD_WORKSPACES"]
    assert fleet.trial.repeat_undisturbed() == digest


def watch(
    fleet: Fleet, exporting: "Future[dict[str, object]]"
) -> Iterator[tuple[object, ...]]:
    """Yield who works on a shard, again and again, until the export is there."""
    while not exporting.done():
        yield from fleet.trial.query(AT_WORK)
        time.sleep(0.02)


def is_of_exports(path: Path) -> bool:
    return "exports" in path.parts or path.suffix in (".zip", ".part")


@EACH_ROUND
def test_a_host_that_is_cut_off_and_comes_back_changes_nothing(
    fleet: Fleet, store_server: StoreServer, bucket: str, round_number: int
) -> None:
    trial = fleet.trial
    trial.ask()
    first = fleet.start_worker("worker-a")
    wait_until(lambda: trial.look().state == "running", "the export to run")
    fleet.hosts["worker-a"].cut_off()
    second = fleet.start_worker("worker-b")

    ended = trial.settle()

    assert ended.state == "ready"
    assert trial.query(RUNS_ON) == [("worker-b",)]
    log = fleet.site.folder / "worker.log"
    known = len(log.read_text())
    fleet.hosts["worker-a"].join_again()
    wait_until(
        lambda: any(words in log.read_text()[known:] for words in TURNED_AWAY),
        "the first worker to notice",
    )
    assert stop(first) == 0
    assert stop(second) == 0
    trial.check(ended)
    keys = store_server.list_keys(bucket)
    assert len([key for key in keys if key.startswith("kept/")]) == 1
    assert store_server.list_uploads(bucket) == []
    assert trial.repeat_undisturbed() == ended.sha256
    report("a host is cut off and comes back", ended)
