"""A page while a thousand access events a second are recorded in its process."""

import json
from pathlib import Path

import pytest

from tests.functional.sites import ADMIN, PASSWORD, Site

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
EVENTS_A_SECOND = 1_000
SECONDS = 20
MEASURE = f"""
import json, statistics, threading, time
import django
django.setup()
from django.test import Client
from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.activity.recording import WRITER
from bookbag.domain.people.models import User
client = Client(HTTP_HOST="localhost")
form = {{"login": {ADMIN!r}, "password": {PASSWORD!r}}}
answer = client.post("/accounts/login/", form)
assert answer.status_code == 302
user = User.objects.get(email={ADMIN!r})
is_over = threading.Event()

def look(seconds):
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        assert client.get("/courses/").status_code == 200
        times.append(time.perf_counter() - begin)
    return [statistics.median(times), statistics.quantiles(times, n=20)[-1]]

def record():
    put, begin = 0, time.perf_counter()
    while not is_over.is_set():
        for _ in range(int((time.perf_counter() - begin) * {EVENTS_A_SECOND}) - put):
            event = AccessEvent(user=user, access_type=AccessType.LOG_IN)
            WRITER.put((event, None))
            put += 1
        time.sleep(0.005)
    counts.append(put)

counts = []
look(2)
quiet = look({SECONDS})
before = AccessEvent.objects.count()
thread = threading.Thread(target=record)
thread.start()
busy = look({SECONDS})
is_over.set()
thread.join()
assert WRITER.flush(30)
written = AccessEvent.objects.count() - before
print(json.dumps([quiet, busy, counts[0], written]))
"""


def test_a_page_beside_a_thousand_events_a_second(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        site.load_sample(students=40)
        printed = site.run_python(MEASURE, patience_seconds=300)
    quiet, busy, put, written = json.loads(printed.splitlines()[-1])

    lines = [f"{'page':<28}{'median':>11}{'95 %':>11}"]
    for name, (median, late) in (("alone", quiet), ("beside the events", busy)):
        lines.append(f"{name:<28}{median * 1000:>8.1f} ms{late * 1000:>8.1f} ms")
    lines.append(f"{put:,} events in {SECONDS} s, {written:,} written")
    print("\n".join(["", *lines]))  # noqa: T201
    assert put == written
    assert put >= EVENTS_A_SECOND * SECONDS * 0.9
