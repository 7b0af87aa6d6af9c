"""Posting to an address that somebody entered, without being led astray or held up.

- The connection goes to an address that was looked at (``addresses``), whatever the
  name answers a moment later; TLS is checked against the name.
- Redirects are not followed, and no proxy of the environment is used.
- All of it ends at one deadline, also when the other side sends a byte now and then,
  and no more of the answer is read than was asked for.

Source: ADR 0099.
"""

import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

from bookbag.outbound.addresses import find_addresses
from bookbag.outbound.errors import TargetInvalidError, UnansweredError

URL_CHARACTERS = 500
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side answered."""

    status: int
    excerpt: bytes
    """The beginning of its body."""


def check_target(url: str) -> None:
    """Check that an address can be called; a later call checks its host again.

    Raises:
        TargetInvalidError: If it is no address, has no encryption in production, or
            carries a password.
        HostNotFoundError: If the name has no address.
        AddressRefusedError: If one of its addresses may not be reached.
    """
    host, port = _read_target(url)
    find_addresses(host, port)


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout_seconds: float,
    read_bytes: int,
) -> Answer:
    """Post a body and return the answer, whatever its status.

    Args:
        url: Where to.
        body: What.
        headers: With what headers, besides those of the protocol.
        timeout_seconds: How long all of it may take.
        read_bytes: How much of the answer's body to read.

    Raises:
        OutboundError: If the address may not be called, or nothing answers in time.
    """
    _read_target(url)
    backend = _CheckedBackend(time.monotonic() + timeout_seconds)
    pool = httpcore.ConnectionPool(
        ssl_context=_make_ssl_context(), network_backend=backend
    )
    sent = _make_headers(url, body, headers)
    try:
        with pool, pool.stream("POST", url, headers=sent, content=body) as response:
            return Answer(status=response.status, excerpt=_read(response, read_bytes))
    except (httpcore.TimeoutException, TimeoutError) as error:
        message = f"Found no answer within {timeout_seconds:g} seconds, expected one"
        raise UnansweredError(message) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
        message = f"Found no answer, expected one: {error}"
        raise UnansweredError(message[:300]) from error


def _read(response: httpcore.Response, read_bytes: int) -> bytes:
    excerpt = b""
    for chunk in response.iter_stream():
        excerpt += chunk
        if len(excerpt) >= read_bytes:
            break
    return excerpt[:read_bytes]


def _read_target(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        message = f"Found an address that cannot be read: {url[:100]!r}"
        raise TargetInvalidError(message) from error
    allowed = ("https",) if settings.BOOKBAG_MODE == "production" else DEFAULT_PORTS
    if parts.scheme not in allowed or not host:
        expected = " or ".join(f"{scheme}://" for scheme in allowed)
        message = f"Found {url[:100]!r}, expected an address with {expected}"
        raise TargetInvalidError(message)
    if not url.isascii() or any(character.isspace() for character in url):
        message = f"Found {url[:100]!r}, expected no blanks and ASCII letters only"
        raise TargetInvalidError(message)
    if parts.username is not None or len(url) > URL_CHARACTERS:
        message = (
            "Found a password or too long an address, expected neither, and at most "
            f"{URL_CHARACTERS} characters"
        )
        raise TargetInvalidError(message)
    return host, port or DEFAULT_PORTS[parts.scheme]


def _make_headers(
    url: str, body: bytes, headers: Mapping[str, str]
) -> Sequence[tuple[bytes | str, bytes | str]]:
    return [
        ("Host", urlsplit(url).netloc),
        ("Content-Length", str(len(body))),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        *headers.items(),
    ]


@cache
def _make_ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context()


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, until a deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectTimeout()
        for address in find_addresses(host, port):
            left = _seconds_left(self._deadline, timeout)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise last


class _DeadlineStream(httpcore.NetworkStream):
    """A connection of which no operation outlives the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _seconds_left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _seconds_left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _seconds_left(self._deadline, timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _seconds_left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)
