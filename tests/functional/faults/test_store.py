"""A store refuses, is slow, cuts connections and loses its answers after storing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.fakes.store_front import (
    Chooser,
    StoreFront,
    is_any,
    is_completion,
    is_write,
    running_store_front,
)
from tests.functional.faults.trials import (
    ROUNDS,
    Ended,
    Trial,
    kill,
    report,
    running_trial,
)
from tests.functional.sites import stop, wait_until
from tests.stores import ACCESS_KEY, SECRET, StoreServer

pytestmark = pytest.mark.faults
EACH_ROUND = pytest.mark.parametrize("round_number", range(ROUNDS))
PARTS_BYTES = 9 << 20
"""Of a file that cannot be compressed: the archive is sent in two parts."""
SHARD_WORKSPACES = "8"
"""Of the 72 of the course, so that two workers have several each."""
MOST_FAULTS = 5
"""A client gives up after three, so that attempts fail too."""
FAULTS: dict[str, tuple[str, Chooser]] = {
    "answers 500": ("refuse", is_any),
    "slow": ("slow", is_any),
    "cuts connections": ("cut", is_any),
    "loses its answer after a part": ("lose", is_write),
    "loses its answer after the last": ("lose", is_completion),
}


@dataclass(frozen=True, kw_only=True)
class StoreTrial:
    """A site whose exports go to a store that misbehaves."""

    trial: Trial
    front: StoreFront
    server: StoreServer
    bucket: str

    def check(self, ended: Ended) -> None:
        """Check what must hold after any fault."""
        self.trial.check(ended)
        keys = self.server.list_keys(self.bucket)
        assert len(keys) == (ended.state == "ready"), keys
        assert self.server.list_uploads(self.bucket) == []
        staging = self.trial.site.folder / "var" / "staging"
        assert [path for path in staging.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def store_trial(
    tmp_path_factory: pytest.TempPathFactory, store_server: StoreServer
) -> Iterator[StoreTrial]:
    bucket = store_server.make_bucket()
    folder = tmp_path_factory.mktemp("trial")
    with (
        running_store_front(store_server.endpoint_url) as front,
        running_trial(
            folder,
            BOOKBAG_STORAGE_URL=f"s3://{bucket}/kept?endpoint={front.url}",
            BOOKBAG_STORAGE_ACCESS_KEY=ACCESS_KEY,
            BOOKBAG_STORAGE_SECRET_KEY=SECRET,
        ) as trial,
    ):
        work = next((folder / "course" / "workspaces").glob("*/*"))
        chooser = random.Random(11)  # noqa: S311 - content that cannot be compressed
        (work / "sound.bin").write_bytes(chooser.randbytes(PARTS_BYTES))
        yield StoreTrial(trial=trial, front=front, server=store_server, bucket=bucket)


@EACH_ROUND
@pytest.mark.parametrize("fault", FAULTS)
def test_the_store_misbehaves(
    store_trial: StoreTrial, fault: str, round_number: int
) -> None:
    trial, front = store_trial.trial, store_trial.front
    trial.ask()
    how, is_met = FAULTS[fault]
    times = random.randint(1, MOST_FAULTS)  # noqa: S311 - no secret
    front.misbehave(how, times, is_met)
    worker = trial.site.start("worker")

    ended = trial.settle()

    stop(worker)
    assert front.met, "no request met the fault"
    front.behave()
    store_trial.check(ended)
    assert trial.repeat_undisturbed() == ended.sha256
    report(f"store {fault}", ended)


@EACH_ROUND
def test_a_worker_is_killed_in_the_middle_of_a_shard(
    store_trial: StoreTrial, round_number: int
) -> None:
    trial = store_trial.trial
    trial.ask()
    trial.site.settings["BOOKBAG_SHARD_WORKSPACES"] = SHARD_WORKSPACES
    first, second = (trial.site.start("worker") for _worker in range(2))
    at_work = "SELECT 1 FROM exports_exportshard WHERE state = 'running'"
    wait_until(lambda: bool(trial.query(at_work)), "a shard that is worked on")
    kill(first)

    ended = trial.settle()

    stop(second)
    del trial.site.settings["BOOKBAG_SHARD_WORKSPACES"]
    assert ended.state == "ready"
    store_trial.check(ended)
    # One worker, and no shards: the same bytes.
    assert trial.repeat_undisturbed() == ended.sha256
    report("kill -9 of a worker in mid-shard", ended)
