"""Recording, ending and forgetting access events."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from bookbag.config.environment import parse_networks
from bookbag.domain.activity import recording, retention
from bookbag.domain.activity.models import AccessEvent, AccessType, SignIn
from bookbag.domain.activity.retention import end_lost_sign_ins, purge_old_events
from bookbag.web.addresses import find_client_address
from tests import factories

PASSWORD = factories.PASSWORD


def sign_in(client: Client, username: str) -> None:
    answer = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.django_db
def test_signing_in_and_out_is_recorded_with_the_address(
    client: Client, recorded: list[tuple[AccessEvent, SignIn | None]]
) -> None:
    user = factories.make_member(factories.make_workspace())

    sign_in(client, user.username)
    recording.write_events(recorded)
    open_sign_in = SignIn.objects.get()
    recorded.clear()
    client.post("/accounts/logout/")
    recording.write_events(recorded)

    events = AccessEvent.objects.values_list("access_type", "ip_address", "user")
    assert list(events) == [
        ("Log In", "127.0.0.1", user.pk),
        ("Log Out", "127.0.0.1", user.pk),
    ]
    assert open_sign_in.user == user
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),  # nobody asked that client
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # the first is forged
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("", "203.0.113.9", None),
    ],
)
def test_only_trusted_proxies_say_where_a_client_is(
    settings: Settings, remote: str, forwarded: str, found: str | None
) -> None:
    settings.BOOKBAG_TRUSTED_PROXIES = parse_networks("10.0.0.0/8")
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded}
    )

    assert find_client_address(request) == found


@pytest.mark.django_db
def test_a_session_that_is_over_is_a_log_out() -> None:
    user = factories.make_user()
    now = timezone.now()
    lives, expired, gone = (
        SignIn.objects.create(session_key=f"key{n}", user=user) for n in range(3)
    )
    over_at = now - timedelta(hours=2)
    for signed_in, ends in ((lives, now + timedelta(days=1)), (expired, over_at)):
        Session.objects.create(
            session_key=signed_in.session_key,
            session_data=SessionStore().encode({}),
            expire_date=ends,
        )

    counts = [end_lost_sign_ins(), end_lost_sign_ins()]

    assert counts == [2, 0]
    ends_at = AccessEvent.objects.values_list("event_id", "occurred_at")
    assert dict(ends_at)[f"ended-{expired.pk}"] == over_at
    assert f"ended-{gone.pk}" in dict(ends_at)
    assert list(SignIn.objects.all()) == [lives]


@pytest.mark.django_db
def test_old_events_are_purged_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PURGE_ROWS", 2)
    user, now = factories.make_user(), timezone.now()
    for days in (1, 182.99, 183.01, 200, 300, 400, 500):
        AccessEvent.objects.create(
            user=user,
            access_type=AccessType.LOG_IN,
            occurred_at=now - timedelta(days=days),
        )

    assert purge_old_events() == 5
    assert AccessEvent.objects.count() == 2


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Iterator[recording.EventWriter]:
    monkeypatch.setattr(recording, "RETRY_SECONDS", 0.01)
    writer = recording.EventWriter()
    yield writer
    assert writer.flush(10)


def make_event() -> AccessEvent:
    return AccessEvent(user_id=1, access_type=AccessType.LOG_IN)


def test_a_database_that_is_away_loses_no_event(
    writer: recording.EventWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    failures = iter([True, True])

    def write(events: list[tuple[AccessEvent, SignIn | None]]) -> None:
        if next(failures, False):
            raise OperationalError("the database is away")
        written.extend(event.event_id for event, _ in events)

    monkeypatch.setattr(recording, "write_events", write)
    events = [make_event() for _ in range(2_500)]
    for event in events:
        writer.put((event, None))

    assert writer.flush(10)
    assert written == [event.event_id for event in events]


def test_nobody_waits_while_the_database_is_slow(
    writer: recording.EventWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_released = threading.Event()
    monkeypatch.setattr(recording, "write_events", lambda _events: is_released.wait(10))

    for _ in range(1_000):
        writer.put((make_event(), None))

    assert not writer.flush(0.01)
    is_released.set()
    assert writer.flush(10)


@pytest.mark.django_db(transaction=True)
def test_the_thread_writes_what_was_put(writer: recording.EventWriter) -> None:
    user = factories.make_user()
    signed_in = SignIn(session_key="key", user=user)
    event = AccessEvent(user=user, access_type=AccessType.LOG_IN)

    writer.put((event, signed_in))

    assert writer.flush(10)
    time.sleep(0.05)  # its connection is closed
    assert AccessEvent.objects.get().user == user
    assert SignIn.objects.get().user == user
