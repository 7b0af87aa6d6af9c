"""One connection to a server: its address, the token, tries, and what it refuses.

Invariants: the token leaves this process in the ``Authorization`` header and in no
other way: not in an address, a message or a list of processes.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

import bookbag
from bookbag.cli.errors import (
    ExpiredExportError,
    ServerRefusedError,
    ServerUnreachableError,
    UsageError,
)

TIMEOUT_SECONDS = 60
"""For an answer to begin, and between two pieces of it."""
CONNECT_SECONDS = 10
RETRY_WAITS: tuple[float, ...] = (0.3, 1, 2, 4, 8)
"""Seconds before each further try of a request that got no answer."""
LONGEST_WAIT_SECONDS = 60
"""A server that asks for more patience is not waited for."""
TRY_AGAIN = (429, 500, 502, 503, 504)
GONE = 410
UNAUTHORIZED = 401
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
HEADER_LETTERS = range(0x21, 0x7F)


class Connection:
    """A server that answers to one token.

    Args:
        server: Its address, as people type it: with or without a path behind.
        token: A personal access token or a bearer token of a service.
        transport: For tests; the network by default.
        sleep: Waits between tries.

    Raises:
        UsageError: If the address or the token cannot be one.
    """

    def __init__(
        self,
        server: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        _check_address(server)
        _check_token(token)
        self._server = server.rstrip("/")
        self.sleep = sleep
        self._client = httpx.Client(
            base_url=self._server,
            headers={
                "Authorization": f"Bearer {token}",
                "User-Agent": f"bookbag/{bookbag.__version__}",
                # A file's bytes and ranges count, not those of a compressed answer.
                "Accept-Encoding": "identity",
            },
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(
        self, path: str, query: Mapping[str, str | int] | None = None
    ) -> httpx.Response:
        """Return the answer to a question.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        return self._ask("GET", path, params=query)

    def post(self, path: str, document: Mapping[str, Any]) -> httpx.Response:
        """Return the answer to a request; one that may be sent twice.

        Raises:
            ServerError: If the server does not answer, or refuses.
        """
        return self._ask("POST", path, json=document)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Give an answer whose body is read piece by piece; tried once.

        A redirect is followed, to the storage of large sites; the token does not go
        along to another host.
        """
        with self._client.stream(
            "GET", path, headers=headers, follow_redirects=True
        ) as response:
            yield response

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        for wait in (*RETRY_WAITS, None):
            try:
                response = self._client.request(method, path, **arguments)
            except httpx.TransportError as error:
                if wait is None:
                    raise self.explain(error) from error
                self.sleep(wait)
                continue
            patience = read_patience(response, default=wait)
            if patience is None:
                check_answer(response)
                return response
            self.sleep(patience)
        raise AssertionError  # the last try returns or raises

    def explain(self, error: httpx.TransportError) -> ServerUnreachableError:
        """Return what to say when no answer came."""
        reason = str(error) or type(error).__name__
        return ServerUnreachableError(
            f"Found no answer from {self._server}, expected one: {reason}"
        )


def read_patience(response: httpx.Response, *, default: float | None) -> float | None:
    """Return how long to wait before trying again, or None when that is no use."""
    if response.status_code not in TRY_AGAIN or default is None:
        return None
    text = response.headers.get("Retry-After", "")
    seconds = float(text) if text.isascii() and text.isdigit() else default
    return None if seconds > LONGEST_WAIT_SECONDS else max(seconds, default)


def check_answer(response: httpx.Response) -> None:
    """Refuse an answer that is not what was asked for; its body has been read.

    Raises:
        ExpiredExportError: If it is 410.
        ServerRefusedError: If it is another error, with what the server says of it.
    """
    if response.is_success:
        return
    status, said = response.status_code, _read_problem(response)
    if status == GONE:
        raise ExpiredExportError(said)
    if status == UNAUTHORIZED:
        said = f"{said}; `bookbag token create` makes a token, BOOKBAG_TOKEN holds it"
    if response.has_redirect_location:
        said = "it leads elsewhere; give the address that it leads to"
    raise ServerRefusedError(f"The server answered {status}: {said}")


def _read_problem(response: httpx.Response) -> str:
    try:
        problem = response.json()
        said, code = str(problem["detail"]), str(problem["code"])
        faults = [
            f"{fault['field']}: {fault['detail']}"
            for fault in problem.get("errors") or ()
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return "no answer of a Bookbag API; is the address right?"
    return f"{'; '.join([said, *faults])} ({code})"


def _check_address(server: str) -> None:
    try:
        parts = urlsplit(server)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.query:
        message = f"Found the server {server!r}, expected https://host"
        raise UsageError(message)
    if parts.username or parts.password:
        raise UsageError("Found a password in the server's address, expected a token")
    if parts.scheme == "http" and host not in OWN_HOSTS:
        message = (
            f"Found http for {host!r}, expected https: a token could be read on the way"
        )
        raise UsageError(message)


def _check_token(token: str) -> None:
    if not token:
        message = (
            "Found no token, expected one in BOOKBAG_TOKEN or in the file that "
            "--token-file names"
        )
        raise UsageError(message)
    if not all(ord(letter) in HEADER_LETTERS for letter in token):
        raise UsageError("Found a token with other letters than tokens have")
