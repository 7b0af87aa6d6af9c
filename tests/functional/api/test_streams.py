"""Exports as a stream of events, which ends by itself and is never in the way."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest
from django.utils import timezone

from bookbag.api import streams
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories
from tests.functional.api.conftest import ApiClient


@pytest.fixture
def running(course: Course, admin: User) -> Export:
    return factories.make_export(course, admin, state=ExportState.RUNNING)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0)


def read_events(answer: object) -> Iterator[dict[str, object]]:
    for piece in iter(answer):  # type: ignore[call-overload]  # a streaming response
        fields = dict(
            line.split(": ", 1) for line in piece.decode().splitlines() if line
        )
        if "event" in fields:
            yield json.loads(fields["data"])


def test_each_change_is_an_event_and_the_last_ends_it(
    api: ApiClient, running: Export
) -> None:
    answer = api.get(f"/exports/{running.pk}/events")
    events = read_events(answer)

    first = next(events)
    Export.objects.filter(pk=running.pk).update(bytes_done=7)
    second = next(events)
    Export.objects.filter(pk=running.pk).update(state=ExportState.CANCELLED)
    rest = list(events)

    assert answer["Content-Type"] == "text/event-stream"
    assert [e["state"] for e in (first, second, *rest)] == [
        "running",
        "running",
        "cancelled",
    ]
    assert second["progress"]["bytes_done"] == 7  # type: ignore[index]  # a document


@pytest.mark.parametrize("loss", ["membership", "token", "account"])
def test_a_stream_ends_with_the_right_to_it(
    api: ApiClient, admin: User, running: Export, loss: str
) -> None:
    events = read_events(api.get(f"/exports/{running.pk}/events"))
    next(events)

    if loss == "membership":
        admin.memberships.all().delete()
    elif loss == "token":
        admin.access_tokens.update(revoked_at=timezone.now())
    else:
        User.objects.filter(pk=admin.pk).update(is_active=False)
    Export.objects.filter(pk=running.pk).update(bytes_done=7)

    assert list(events) == []
    assert api.get(f"/exports/{running.pk}").status_code in (401, 404)


def test_a_stream_ends_when_its_time_is_over(
    api: ApiClient, running: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()  # a second goes by each time that the clock is read
    clock = SimpleNamespace(monotonic=lambda: next(ticks), sleep=lambda _wait: None)
    monkeypatch.setattr(streams, "time", clock)
    monkeypatch.setattr(streams, "STREAM_SECONDS", 20)
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 1)

    pieces = list(api.get(f"/exports/{running.pk}/events"))

    assert pieces[0] == b"retry: 2000\n\n"
    assert pieces[1].startswith(b"id: ")
    assert set(pieces[2:]) == {b": waiting\n\n"}


def test_only_a_few_streams_are_open_at_a_time(api: ApiClient, running: Export) -> None:
    path = f"/exports/{running.pk}/events"

    opened = [streams.EventStream(lambda: (b"", "", True)) for _ in range(4)]
    refused = api.get(path)
    for stream in opened:
        stream.close()
        stream.close()  # a second time gives no second place back

    assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
    assert refused["Retry-After"] == "5"
    with closing(streams.EventStream(lambda: (b"", "", True))) as again:
        assert len(list(again)) == 1
