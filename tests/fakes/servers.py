"""A server of Bookbag's API as the client meets it, with whatever can go wrong."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from bookbag.cli.remote.connection import Connection
from tests.fakes.exports import CONTENT, WHEN, make_receipt, make_seen

TOKEN = "bbp_" + "t" * 40
SERVER = "https://bookbag.example.edu"
ID = make_seen().id
Answer = Callable[[httpx.Request], httpx.Response]


class Body(httpx.SyncByteStream):
    """A body that comes over a line, and may break off."""

    def __init__(self, content: bytes, *, breaks: bool = False) -> None:
        self._content = content
        self._breaks = breaks

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        if self._breaks:
            raise httpx.ReadError("the connection was reset")


class FakeServer:
    """Answers requests, and keeps them."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.content = CONTENT
        self.file_name = "users.csv"
        self.cuts: list[int] = []
        """After how many bytes each answer with a file breaks off; then none does."""
        self.answers: list[Answer] = []
        """What to answer first of all."""

    def connect(self) -> Connection:
        return Connection(
            SERVER,
            TOKEN,
            transport=httpx.MockTransport(self._answer),
            sleep=self.waits.append,
        )

    def export(self, **values: Any) -> dict[str, Any]:
        seen = make_seen()
        file = {
            "name": self.file_name,
            "size_bytes": seen.size_bytes,
            "sha256": seen.sha256,
            "url": "https://elsewhere.example/",
        }
        progress = dict.fromkeys(
            ("members_done", "members_total", "bytes_done", "bytes_total"), 0
        )
        return {
            "id": ID,
            "identifier": "users",
            "scope": {"name": "Example University"},
            "state": "ready",
            "progress": {"phase": "", **progress},
            "requested_at": WHEN.isoformat(),
            "finished_at": None,
            "expires_at": None,
            "problem_count": 0,
            "failure": None,
            "file": file,
        } | values

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)(request)
        path = request.url.path
        if path.endswith("/file"):
            return self._send_file(request)
        if path.endswith("/receipt"):
            return httpx.Response(200, content=make_receipt())
        return httpx.Response(200, json=self.export())

    def _send_file(self, request: httpx.Request) -> httpx.Response:
        wanted = re.match(r"bytes=(\d+)-", request.headers.get("Range", ""))
        is_same = request.headers.get("If-Range", "") in ("", f'"{make_seen().sha256}"')
        start = int(wanted[1]) if wanted and is_same else 0
        body = self.content[start:]
        headers = {"Content-Length": str(len(body))}
        if start:
            end, size = len(self.content) - 1, len(self.content)
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        status = 206 if start else 200
        if self.cuts:
            stream = Body(body[: self.cuts.pop(0)], breaks=True)
            return httpx.Response(status, headers=headers, stream=stream)
        return httpx.Response(status, headers=headers, stream=Body(body))


def problem(status: int, code: str, detail: str, **headers: str) -> Answer:
    """Return what answers with a problem document."""
    document = {"type": f"urn:bookbag:problem:{code}", "code": code, "detail": detail}
    return lambda _request: httpx.Response(status, json=document, headers=headers)


def fail(request: httpx.Request) -> httpx.Response:
    """Answer nothing."""
    raise httpx.ConnectError("connection refused", request=request)
