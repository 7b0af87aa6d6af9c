"""Load on one machine: PostgreSQL, Redis, nginx, web servers, workers and a crowd."""

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from tests.benchmarks.load.crowd import Crowd, Tally, Visitor
from tests.benchmarks.load.memory import MemoryLine
from tests.benchmarks.load.people import Population
from tests.functional.faults.servers import running_postgres, running_redis
from tests.functional.sites import Site
from tests.nginx import NginxServer
from tests.services import require_program

MINUTES = float(os.environ.get("BOOKBAG_BENCH_MINUTES", "2"))
pytestmark = [pytest.mark.bench, pytest.mark.timeout(900 + MINUTES * 60)]
PEOPLE, DOWNLOADS, REQUESTS = 200, 20, 500
FILE_BYTES = 1 << 30
ROUNDS = 3
PREFIX = "/finished-exports/"
BARE = "location /bare/ { alias %s/var/exports/; }"
TIMES = "%{time_starttransfer} %{time_total} %{size_download}"
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, kw_only=True)
class Front:
    """A site behind nginx, with its people."""

    site: Site
    port: int
    population: Population


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("load")
    large = folder / "large"
    with large.open("wb") as file:
        for _piece in range(FILE_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    (folder / "nginx").mkdir()
    (folder / "site").mkdir()
    with (
        running_postgres() as postgres,
        running_redis(folder) as redis,
        Site(
            folder / "site",
            DATABASE_URL=postgres.address,
            BOOKBAG_QUEUE_URL=redis.address,
            BOOKBAG_ACCEL_PREFIX=PREFIX,
            BOOKBAG_RECENT_SIGN_IN_MINUTES="600",
            BOOKBAG_LEASE_SECONDS="30",
        ) as site,
    ):
        site.load_course(students=PEOPLE)
        population = Population.of_site(site, file=large)
        large.unlink()
        more = BARE % site.folder
        site.start("serve", f"--port={site.port}", "--no-worker")
        with NginxServer(folder / "nginx", site, more=more) as nginx:
            yield Front(site=site, port=nginx.port, population=population)


def test_500_requests_for_one_export_join_one_job(front: Front) -> None:
    course = front.population.course
    teachers = [one for one in front.population.people if one.is_teacher]
    tally = Tally()
    visitors = [Visitor(front.port, one, tally) for one in teachers[-10:]]
    tokens = [one.read_token(f"/courses/{course}/admin/") for one in visitors]

    def ask(number: int) -> None:
        place = number % len(visitors)
        path = f"/courses/{course}/exports/course-data/"
        visitors[place].send("ask", path, tokens[place])

    before = count_exports(front, "course-data")
    begin = time.perf_counter()
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, range(REQUESTS)))
    seconds = time.perf_counter() - begin
    for visitor in visitors:
        visitor.close()

    jobs = count_exports(front, "course-data") - before
    print(  # noqa: T201
        f"\n{REQUESTS} requests in {seconds:.1f} s: {jobs} export, "
        f"{sum(tally.errors.values())} errors {dict(tally.errors)}"
    )
    assert (jobs, dict(tally.errors)) == (1, {})


def test_nginx_with_us_and_alone(front: Front) -> None:
    curl = require_program("curl")
    with_us = f"http://127.0.0.1:{front.port}{front.population.file_path}"
    alone = f"http://127.0.0.1:{front.port}/bare/{front.population.storage_key}"
    header = f"Cookie: {front.population.owner.cookie}"
    runs: dict[str, list[tuple[float, float]]] = {"with us": [], "nginx alone": []}
    for _round in range(ROUNDS):
        for name, address in (("with us", with_us), ("nginx alone", alone)):
            asked = [*("-sS", "-f", "-H", header, "-o", "/dev/null"), "-w", TIMES]
            done = subprocess.run(  # noqa: S603 - a program of this machine
                [curl, *asked, address], capture_output=True, text=True, check=True
            )
            first, total, size = map(float, done.stdout.split())
            assert size == FILE_BYTES
            runs[name].append((first, total))
    print()  # noqa: T201
    for name, found in runs.items():
        first, total = (
            statistics.median(column) for column in zip(*found, strict=True)
        )
        speed = FILE_BYTES / total / 1e6
        print(f"{name:12} {first * 1000:7.1f} ms {speed:8.0f} MB/s")  # noqa: T201


def test_a_crowd_browses_exports_and_downloads(front: Front) -> None:
    worker = front.site.start("worker")
    lines = {
        "web server": MemoryLine(front.site.processes[0].pid),
        "worker": MemoryLine(worker.pid),
    }
    crowd = Crowd(front.port, front.population)
    with crowd.running(people=PEOPLE, downloads=DOWNLOADS):
        for line in lines.values():
            line.start()
        time.sleep(MINUTES * 60)
        for line in lines.values():
            line.stop()

    report(crowd.tally)
    for name, line in lines.items():
        report_memory(name, line)
    states = ask_database(
        front, "SELECT identifier, state, count(*) FROM exports_export GROUP BY 1, 2"
    )
    print(sorted(states))  # noqa: T201
    assert dict(crowd.tally.errors) == {}
    assert "failed" not in {state for _identifier, state, _count in states}


def report(tally: Tally) -> None:
    print(f"\n{'page':28}{'answers':>9}", end="")  # noqa: T201
    print("".join(f"{f'p{percent}':>9}" for percent in PERCENTILES))  # noqa: T201
    for page, seconds in sorted(tally.seconds.items()):
        cuts = (
            statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        )
        found = "".join(f"{cuts[p - 1] * 1000:9.0f}" for p in PERCENTILES)
        print(f"{page:28}{len(seconds):9}{found}")  # noqa: T201
    megabytes = tally.downloaded_bytes / 1e6
    print(f"{megabytes:,.0f} MB downloaded; errors: {dict(tally.errors)}")  # noqa: T201


def report_memory(name: str, line: MemoryLine) -> None:
    parts = 6
    span = MINUTES * 60 / parts
    medians = [
        line.find_median(part * span, (part + 1) * span) / 1e6 for part in range(parts)
    ]
    shown = " ".join(f"{one:.0f}" for one in medians)
    print(f"{name}: {shown} MB, the median of each sixth of the time")  # noqa: T201


def count_exports(front: Front, identifier: str) -> int:
    ((count,),) = ask_database(
        front, "SELECT count(*) FROM exports_export WHERE identifier = %s", identifier
    )
    return int(str(count))


def ask_database(
    front: Front, statement: str, *values: str
) -> list[tuple[object, ...]]:
    address = front.site.settings["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(statement.encode(), values).fetchall()
