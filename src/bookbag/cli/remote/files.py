"""Downloading a file that may break off anywhere, and going on with it.

Source: RFC 9110, sections 13.1.5 and 14 (``If-Range``, ranges).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from bookbag.cli.errors import DownloadBrokenError, NotWholeError
from bookbag.cli.remote.connection import (
    RETRY_WAITS,
    Connection,
    check_answer,
    read_patience,
)
from bookbag.cli.sources import Proof, SeenExport

PARTIAL = 206
KEY_ADDRESS = "/.well-known/bookbag-receipt-key.json"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a try ended, for when it brought nothing."""

    reason: str
    wait_seconds: float = 0


class RemoteFile:
    """The file of one finished export of a server."""

    def __init__(self, connection: Connection, seen: SeenExport, address: str) -> None:
        self._connection = connection
        self._seen = seen
        self._address = address

    def fetch_to(self, part: Path, on_progress: Callable[[int], None]) -> None:
        """Write the file to a part, going on behind what the part holds already.

        A connection that breaks off is made anew. Only tries in a row that bring
        nothing count, so that a bad line needs patience and no luck.

        Raises:
            DownloadBrokenError: If nothing more comes.
            NotWholeError: If more comes than the file has.
            ServerError: If the server refuses.
        """
        expected = self._seen.size_bytes or 0
        part.touch()
        if part.stat().st_size > expected:
            part.write_bytes(b"")
        tries = 0
        while (done := part.stat().st_size) < expected:
            on_progress(done)
            trouble = self._try(part, done, on_progress)
            if part.stat().st_size > done:
                tries = 0
            elif tries < len(RETRY_WAITS):
                self._connection.sleep(max(RETRY_WAITS[tries], trouble.wait_seconds))
                tries += 1
            else:
                message = (
                    f"Found {trouble.reason} at {done:,} bytes of {expected:,}, "
                    "expected more; the same command goes on where it stopped"
                )
                raise DownloadBrokenError(message)
        on_progress(done)

    def get_proof(self) -> Proof:
        """Return the receipt and the server's public key."""
        receipt: bytes | None = self._connection.get(f"{self._address}/receipt").content
        key = self._connection.get(KEY_ADDRESS).content
        return Proof(receipt=receipt, key=key)

    def _try(
        self, part: Path, done: int, on_progress: Callable[[int], None]
    ) -> _Trouble:
        headers = {}
        if done:
            # Should the server have another file by now, it sends that one whole.
            headers = {"Range": f"bytes={done}-", "If-Range": f'"{self._seen.sha256}"'}
        try:
            with self._connection.stream(f"{self._address}/file", headers) as response:
                patience = read_patience(response, default=RETRY_WAITS[0])
                if patience is not None:
                    return _Trouble(f"status {response.status_code}", patience)
                if not response.is_success:
                    response.read()
                    check_answer(response)
                self._write(response, part, done, on_progress)
        except httpx.TransportError as error:
            return _Trouble(str(error) or type(error).__name__)
        return _Trouble("the end")

    def _write(
        self,
        response: httpx.Response,
        part: Path,
        done: int,
        on_progress: Callable[[int], None],
    ) -> None:
        start = _find_start(response)
        with part.open("r+b") as file:
            file.truncate(done if start == done else 0)
            file.seek(0, 2)
            for piece in response.iter_raw():  # what came is kept
                file.write(piece)
                if file.tell() > (self._seen.size_bytes or 0):
                    message = (
                        f"Found more than the {self._seen.size_bytes:,} bytes that the "
                        f"file has: {self._seen.file_name!r}"
                    )
                    raise NotWholeError(message)
                on_progress(file.tell())


def _find_start(response: httpx.Response) -> int:
    if response.status_code != PARTIAL:
        return 0
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return -1 if match is None else int(match[1])
