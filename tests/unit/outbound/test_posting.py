"""Posting to addresses that people entered, on real connections."""

import socket
import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from bookbag.outbound.errors import (
    AddressRefusedError,
    HostNotFoundError,
    OutboundError,
    TargetInvalidError,
    UnansweredError,
)
from bookbag.outbound.posting import Answer, check_target, post
from tests.fakes.receivers import Receiver, listening

PUBLIC = "93.184.216.34"
REAL = socket.getaddrinfo


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def allowed(settings: Settings) -> None:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]


class Names:
    """A resolver that answers for one name, differently each time."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, *arguments: object, **more: object) -> object:
        self.asked.append(host)
        if host == "hook.example":
            host = self.answers.pop(0)
        return REAL(host, *arguments, **more)  # type: ignore[arg-type]  # as it came


def send(url: str, *, timeout_seconds: float = 5, read_bytes: int = 100) -> Answer:
    return post(
        url,
        body=b'{"a": 1}',
        headers={"Content-Type": "application/json"},
        timeout_seconds=timeout_seconds,
        read_bytes=read_bytes,
    )


def test_what_is_posted_arrives_byte_for_byte(
    receiver: Receiver, allowed: None
) -> None:
    receiver.status, receiver.answer = 200, b"thanks"

    answer = send(receiver.url)

    assert (answer.status, answer.excerpt) == (200, b"thanks")
    assert receiver.received[0].body == b'{"a": 1}'
    assert receiver.received[0].headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1"],  # noqa: S104 - refused
)
def test_this_machine_is_not_called_unless_it_is_allowed(
    receiver: Receiver, host: str
) -> None:
    with pytest.raises(AddressRefusedError):
        send(f"http://{host}:{receiver.port}/hook")

    assert receiver.received == []


def test_a_name_that_turns_to_this_machine_after_the_check_is_not_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(PUBLIC, "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    url = f"http://hook.example:{receiver.port}/hook"
    check_target(url)

    with pytest.raises(AddressRefusedError, match=r"Found 127\.0\.0\.1, which is"):
        send(url)

    assert receiver.received == []


def test_the_connection_goes_to_the_very_address_that_was_looked_at(
    receiver: Receiver, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names("127.0.0.1", "10.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", names)

    assert send(f"http://hook.example:{receiver.port}/hook").status == 204

    assert names.asked == ["hook.example", "127.0.0.1"]
    assert receiver.received[0].headers["host"] == f"hook.example:{receiver.port}"


def test_a_redirect_is_an_answer_and_not_followed(
    receiver: Receiver, allowed: None
) -> None:
    receiver.status, receiver.location = 307, "/elsewhere"

    assert send(receiver.url).status == 307
    assert [request.path for request in receiver.received] == ["/hook"]


def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert send(receiver.url).status == 204


def test_an_answer_byte_by_byte_ends_at_the_deadline(
    receiver: Receiver, allowed: None
) -> None:
    receiver.status, receiver.answer, receiver.drip_seconds = 200, b"x" * 99, 0.1
    started = time.monotonic()

    with pytest.raises(UnansweredError) as unanswered:
        send(receiver.url, timeout_seconds=1)

    assert str(unanswered.value) == "Found no answer within 1 seconds, expected one"
    assert time.monotonic() - started < 8  # it would take ten


def test_no_more_of_an_answer_is_read_than_was_asked_for(
    receiver: Receiver, allowed: None
) -> None:
    receiver.status, receiver.answer = 200, b"y" * 50_000_000

    assert send(receiver.url, read_bytes=1000).excerpt == b"y" * 1000


def test_nobody_there_is_said(allowed: None) -> None:
    with pytest.raises(UnansweredError, match="Found no answer, expected one"):
        send("http://127.0.0.1:1/hook")


def test_a_server_without_a_certificate_for_its_name_is_not_trusted(
    receiver: Receiver, allowed: None
) -> None:
    with pytest.raises(UnansweredError):
        send(f"https://127.0.0.1:{receiver.port}/hook")

    assert receiver.received == []


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("ftp://a.example/", TargetInvalidError, "Found 'ftp://a.example/', expected"),
        ("https:///hook", TargetInvalidError, "Found 'https:///hook', expected an"),
        ("https://[::1/", TargetInvalidError, "Found an address that cannot be read"),
        ("https://a.example:x/", TargetInvalidError, "Found an address that cannot"),
        ("https://u:p@a.example/", TargetInvalidError, "Found a password or too long"),
        ("https://a.example/a b", TargetInvalidError, "Found 'https://a.example/a b'"),
        ("https://a.example/" + "x" * 500, TargetInvalidError, "Found a password or"),
        ("https://no.invalid/", HostNotFoundError, "Found no address, expected one"),
        ("http://127.0.0.1/", AddressRefusedError, "Found 127.0.0.1, which is not"),
        ("https://169.254.169.254/", AddressRefusedError, "Found 169.254.169.254"),
    ],
)
def test_what_cannot_be_called_is_refused_with_what_was_found(
    url: str, error: type[OutboundError], message: str
) -> None:
    with pytest.raises(error) as refused:
        check_target(url)

    assert str(refused.value).startswith(message)


def test_production_calls_by_https_only(settings: Settings, allowed: None) -> None:
    settings.BOOKBAG_MODE = "production"

    with pytest.raises(TargetInvalidError, match=r"address with https://$"):
        check_target("http://127.0.0.1/")
