"""What stands before a real store and misbehaves: an HTTP proxy with faults."""

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

RESET = struct.pack("ii", 1, 0)
SLOW_SECONDS = 0.4
REFUSAL = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code>'
    b"<Message>We encountered an internal error.</Message></Error>"
)
SENT_ANEW = ("connection", "transfer-encoding", "content-length")
"""Headers that the proxy writes itself."""
Chooser = Callable[[str, str], bool]
"""Whether a request is met, by its method and path."""


class StoreFront(ThreadingHTTPServer):
    """Forwards to a store on this machine, except where it was told not to.

    Faults: ``refuse`` answers 500 and forwards nothing, ``slow`` waits, ``cut`` resets
    the connection before anything was forwarded, ``lose`` lets the store do its work
    and resets instead of answering.
    """

    daemon_threads = True

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = urlsplit(endpoint_url).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.met: list[str] = []
        """The requests that met a fault."""
        self._fault = ""
        self._times = 0
        self._is_met: Chooser = lambda _method, _path: False
        self._lock = threading.Lock()

    def misbehave(self, fault: str, times: int, is_met: Chooser) -> None:
        """Meet so many of the requests to come with a fault."""
        with self._lock:
            self.met.clear()
            self._fault, self._times, self._is_met = fault, times, is_met

    def behave(self) -> None:
        """Meet nothing more."""
        self.misbehave("", 0, lambda _method, _path: False)

    def take_fault(self, method: str, path: str) -> str:
        """Return how a request is met, and count it."""
        with self._lock:
            if not self._times or not self._is_met(method, path):
                return ""
            self._times -= 1
            self.met.append(f"{method} {path}")
            return self._fault

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StoreFront

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fault = self.server.take_fault(self.command, self.path)
        if fault == "refuse":
            self._answer(500, [("Content-Type", "application/xml")], REFUSAL)
            return
        if fault == "cut":
            self._reset()
            return
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        with contextlib.closing(http.client.HTTPConnection(self.server.store)) as store:
            store.request(self.command, self.path, body, dict(self.headers))
            answer = store.getresponse()
            content = answer.read()
        if fault == "lose":
            self._reset()
            return
        length = answer.headers.get("Content-Length") if self._is_head else None
        self._answer(answer.status, answer.getheaders(), content, length)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what meets a request, whatever its method."""
        if name.startswith("do_"):
            return self.forward
        raise AttributeError(name)

    @property
    def _is_head(self) -> bool:
        return self.command == "HEAD"

    def _answer(
        self,
        status: int,
        headers: list[tuple[str, str]],
        content: bytes,
        length: str | None = None,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in SENT_ANEW:
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if not self._is_head:
            self.wfile.write(content)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - not our name
        """Say nothing."""


def is_write(method: str, path: str) -> bool:
    """Answer whether a request sends content."""
    return method == "PUT" and not path.endswith("/")


def is_completion(method: str, path: str) -> bool:
    """Answer whether a request lets an upload appear."""
    query = parse_qs(urlsplit(path).query, keep_blank_values=True)
    return method == "POST" and "uploadId" in query


def is_any(method: str, path: str) -> bool:
    """Answer yes."""
    return True


@contextmanager
def running_store_front(endpoint_url: str) -> Iterator[StoreFront]:
    """Run a front of the block's own."""
    front = StoreFront(endpoint_url)
    thread = threading.Thread(target=front.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        front.server_close()
        thread.join(10)
