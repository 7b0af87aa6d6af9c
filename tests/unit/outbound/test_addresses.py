"""Private and loopback targets are refused, by whatever name they come."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest
from pytest_django import Settings

from bookbag.outbound.addresses import find_addresses, is_allowed, open_connection
from bookbag.outbound.errors import AddressRefusedError, HostNotFoundError

REFUSED = (
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::",
    "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::", "192.0.0.8", "64:ff9b:1::1",
)  # fmt: skip
ALLOWED = ("93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8")


@pytest.fixture
def listening_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", REFUSED)
def test_it_refuses_what_is_not_public(address: str) -> None:
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize("address", ALLOWED)
def test_it_allows_what_is_public(address: str) -> None:
    assert is_allowed(ip_address(address))


def test_a_network_of_the_setting_is_allowed_and_no_other() -> None:
    networks = [ip_network("10.20.0.0/16")]

    assert is_allowed(ip_address("10.20.1.1"), networks)
    assert is_allowed(ip_address("::ffff:10.20.1.1"), networks)
    assert not is_allowed(ip_address("10.21.1.1"), networks)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "::1"])
def test_a_name_for_loopback_is_refused_by_its_address(host: str) -> None:
    with pytest.raises(AddressRefusedError, match="which is not public"):
        find_addresses(host, 80)


def test_a_name_with_one_private_address_is_refused_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answer(monkeypatch, "8.8.8.8", "10.0.0.1")

    with pytest.raises(AddressRefusedError, match=r"^Found 10\.0\.0\.1, which is not"):
        find_addresses("both.example", 80)


def test_a_name_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch)

    with pytest.raises(HostNotFoundError) as caught:
        find_addresses("nowhere.example", 80)

    assert str(caught.value) == "Found no address, expected one: 'nowhere.example'"


def test_it_connects_to_the_address_that_it_looked_at(
    listening_port: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.BOOKBAG_PRIVATE_TARGETS = [ip_network("127.0.0.1/32")]
    asked = _answer(monkeypatch, "127.0.0.1")

    with open_connection("target.example", listening_port, timeout_seconds=5) as peer:
        assert peer.getpeername() == ("127.0.0.1", listening_port)

    assert asked.count("target.example") == 1  # no second look-up to answer otherwise


def test_it_does_not_connect_to_a_refused_address(listening_port: int) -> None:
    with pytest.raises(AddressRefusedError):
        open_connection("127.0.0.1", listening_port, timeout_seconds=5)


def _answer(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses; return the names that are asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(host)
        found = [host] if host[0].isdigit() else addresses
        if not found:
            raise socket.gaierror
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked
