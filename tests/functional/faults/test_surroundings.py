"""What a site stands on fails or lies, and the export still ends as it should."""

from collections.abc import Iterator

import pytest

from tests import services
from tests.functional.faults.servers import (
    PostgresServer,
    RedisServer,
    running_postgres,
    running_redis,
)
from tests.functional.faults.trials import ROUNDS, Trial, report, running_trial
from tests.functional.sites import stop

pytestmark = pytest.mark.faults
EACH_ROUND = pytest.mark.parametrize("round_number", range(ROUNDS))
NO_ROOM = {"BOOKBAG_FREE_BYTES_FLOOR": "0", "BOOKBAG_MAX_ATTEMPTS": "1"}
"""Lets an export meet the end of the disk itself, and not the floor before it."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    services.require_service("postgres")
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    services.require_program("redis-server")
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def big_trial(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    redis: RedisServer,
) -> Iterator[Trial]:
    """A trial on servers of its own, which may be stopped."""
    with running_trial(
        tmp_path_factory.mktemp("trial"),
        DATABASE_URL=postgres.address,
        BOOKBAG_QUEUE_URL=redis.address,
    ) as running:
        yield running


@EACH_ROUND
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_is_restarted(
    big_trial: Trial, postgres: PostgresServer, mode: str, round_number: int
) -> None:
    big_trial.ask()
    worker = big_trial.site.start("worker")
    big_trial.wait_for("running", "ready")
    postgres.restart(mode)

    ended = big_trial.settle()

    stop(worker)
    assert ended.state == "ready"
    big_trial.check(ended, mails=2)
    assert big_trial.repeat_undisturbed() == ended.sha256
    report(f"PostgreSQL restarted ({mode})", ended)


@EACH_ROUND
def test_redis_forgets_everything(
    big_trial: Trial, redis: RedisServer, round_number: int
) -> None:
    big_trial.ask()
    redis.forget()
    worker = big_trial.site.start("worker")
    big_trial.wait_for("running", "ready")
    redis.forget()
    redis.restart()

    ended = big_trial.settle()

    stop(worker)
    assert ended.state == "ready"
    big_trial.check(ended)
    report("Redis flushed and restarted", ended)


@EACH_ROUND
def test_the_disk_runs_full(trial: Trial, round_number: int) -> None:
    trial.ask()
    trial.site.settings |= NO_ROOM
    exports = trial.site.folder / "var" / "exports"
    # A file system of its own, seen by the worker alone, that is soon full.
    small = f'mount -t tmpfs -o size=256k,mode=700 tmpfs {exports} && exec "$@"'
    worker = trial.site.start(
        "worker",
        under=[services.require_program("unshare"), "-rm", "sh", "-c", small, "sh"],
    )

    ended = trial.settle()

    stop(worker)
    for name in NO_ROOM:
        del trial.site.settings[name]
    assert ended.state == "failed"
    assert "No space left on device" in ended.failure
    trial.check(ended)
    report("disk full", ended)
