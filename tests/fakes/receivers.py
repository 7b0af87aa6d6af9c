"""A receiver of webhooks: keeps what it is sent, and answers what a test wants."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What a receiver got, and what it answers."""

    port: int = 0
    status: int = 204
    answer: bytes = b""
    location: str = ""
    drip_seconds: float = 0
    """How long to wait before each byte of the answer."""
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:  # the name that http.server calls
        receiver = self.receiver
        length = int(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        receiver.received.append(Received(path=self.path, headers=headers, body=body))
        self.send_response(receiver.status)
        if receiver.location:
            self.send_header("Location", receiver.location)
        if receiver.status != 204:
            self.send_header("Content-Length", str(len(receiver.answer)))
        self.end_headers()
        self._answer(receiver)

    def _answer(self, receiver: Receiver) -> None:
        pieces = [receiver.answer]
        if receiver.drip_seconds:
            pieces = [receiver.answer[i : i + 1] for i in range(len(receiver.answer))]
        try:
            for piece in pieces:
                time.sleep(receiver.drip_seconds)
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass  # the other side had enough

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Receiver]:
    """Run a receiver on a port of its own on the loopback."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        receiver.port = int(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()
