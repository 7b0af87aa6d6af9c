"""The simulation of large exports: what must hold whatever the rates are."""

from dataclasses import replace

import pytest

from docs.simulate import Forecast, Plan, Prices, main, simulate

PLAN = Plan(
    students=8_000, assignments=1, files=10, file_bytes=1_000, ratio=0.5, workers=1,
    shard_workspaces=1_000, pack_rate=10, file_seconds=0, shard_seconds=1,
    send_rate=1_000, store_rate=10_000, digest_rate=40, read_rate=20, fixed_seconds=3,
)  # fmt: skip
PRICES = Prices(
    compute_hour=3_600,
    storage_month=30,
    put_thousand=1_000,
    get_thousand=0,
    keep_days=1,
)


def run(**changes: float) -> Forecast:
    return simulate(replace(PLAN, **changes), PRICES)  # type: ignore[arg-type]  # by name


def test_one_worker_does_all_of_it_one_after_the_other() -> None:
    found = run()

    # Eight shards: a second, a second of packing, an eighth of digesting; 40 MB read.
    assert found.seconds == pytest.approx(3 + 8 * (1 + 1 + 0.125) + 2)
    assert (found.shards, found.archive_bytes) == (8, 40e6)
    assert found.busy_seconds == pytest.approx(found.seconds)


def test_more_workers_share_the_packing_and_wait_for_the_digest() -> None:
    # All pack at once, and then digest one after the other.
    assert run(workers=8).seconds == pytest.approx(3 + 2 + 8 * 0.125 + 2)
    assert run(workers=800).seconds == pytest.approx(run(workers=8).seconds)


def test_workers_and_store_of_one_machine_share_its_cores() -> None:
    sent = 5 / 1_000
    assert run(workers=1, cores=2).seconds == run(workers=1).seconds
    assert run(workers=8, cores=2).seconds == pytest.approx(
        3 + 8 * (1 + 1 + sent) / 2 + 8 * 0.125 + 2, rel=1e-6
    )


def test_a_slow_store_is_shared() -> None:
    assert run(workers=8, store_rate=2).seconds == pytest.approx(
        3 + 1 + 5 / 0.25 + 8 * 0.125 + 2
    )


def test_a_small_archive_has_one_worker() -> None:
    assert run(students=2_000, workers=8).shards == 1


def test_it_says_what_it_costs() -> None:
    found = run()

    assert found.cost["compute"] == pytest.approx(found.seconds)
    assert found.cost["storage"] == pytest.approx(0.04)
    assert found.cost["requests"] == pytest.approx(40e6 / (8 << 20) + 50)


def test_the_program_prints_a_row_for_each_doubling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--workers", "6", "--students", "500"]) == 0

    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["1", "2", "4", "6"]
