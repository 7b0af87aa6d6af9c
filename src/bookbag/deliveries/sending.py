"""Sending a file to a target, and reading back what the target stored.

The target's own word for what it stored differs from store to store, and SFTP has
none. So every copy is read back whole and compared with what was sent (ADR 0104).
"""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyrage

from bookbag.deliveries.encryption import encrypt_stream
from bookbag.deliveries.errors import DeliveriesError, StoredCopyDiffersError
from bookbag.deliveries.senders import OutgoingFile, Sender
from bookbag.jobs.errors import LeaseLostError

PIECE_BYTES = 1 << 18
SENDING = "sending"
CHECKING = "checking"
PROBE_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SendProgress:
    """How far a file is on its way; checking reads everything a second time."""

    phase: str
    bytes_done: int
    bytes_total: int
    members_done: int = 0
    members_total: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What went over the line: its size and its digest."""

    size_bytes: int
    sha256: str


Reporter = Callable[[SendProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who looks on while a file is sent; what either raises ends the sending."""

    report: Reporter
    """Called with every piece."""
    check: Callable[[], object]
    """Called when everything has gone over, before it appears under its name, and
    again when it was read back."""


def send_file(
    file: BinaryIO,
    sender: Sender,
    name: str,
    *,
    size_bytes: int,
    recipient: str,
    watch: Watch,
) -> tuple[Content, Content]:
    """Send a file, let it appear under its name, and read it back.

    Args:
        file: What to send, from its beginning.
        sender: The connection to the target.
        name: The file's name there.
        size_bytes: The file's size here.
        recipient: Whom to encrypt to; nobody when it is empty.
        watch: Who looks on; when the sending ends early nothing is left there.

    Returns:
        What was sent and what was read back; they are the same.

    Raises:
        StoredCopyDiffersError: If they are not; then the copy was deleted.
    """
    outgoing = sender.create_file(name, size_bytes=size_bytes)
    sink = _CountingSink(outgoing)
    source = _ReportingSource(file, watch.report, size_bytes)
    try:
        _copy(source, sink, recipient)
        watch.check()
        outgoing.commit()
    except BaseException:
        with contextlib.suppress(DeliveriesError):
            outgoing.abort()  # why it ended matters more
        raise
    sent = sink.content
    report = _make_check_reporter(watch.report, size_bytes, sent.size_bytes)
    try:
        stored = _digest(sender.iter_file(name), report)
        watch.check()
        _compare(name, sent, stored)
    except LeaseLostError:
        raise  # whoever took it over may have stored theirs under the name
    except Exception:
        with contextlib.suppress(DeliveriesError):
            sender.delete_file(name)
        raise
    return sent, stored


def _compare(name: str, sent: Content, stored: Content) -> None:
    if stored == sent:
        return
    message = (
        f"Found {stored.size_bytes} bytes with SHA-256 {stored.sha256[:12]}, "
        f"expected {sent.size_bytes} with {sent.sha256[:12]}: {name!r}"
    )
    raise StoredCopyDiffersError(message)


def try_target(sender: Sender, folder: str) -> None:
    """Write a small file to a target, read it back, and delete it.

    Raises:
        DeliveriesError: If any of that does not work.
    """
    content = secrets.token_bytes(PROBE_BYTES)
    name = f"{folder}bookbag-test-{secrets.token_hex(8)}"
    outgoing = sender.create_file(name, size_bytes=len(content))
    outgoing.write(content)
    outgoing.commit()
    found = b"".join(sender.iter_file(name))
    sender.delete_file(name)
    if found != content:
        message = "Found another content than was written, expected the same"
        raise StoredCopyDiffersError(message)


def _copy(source: "_ReportingSource", sink: "_CountingSink", recipient: str) -> None:
    if not recipient:
        while piece := source.read(PIECE_BYTES):
            sink.write(piece)
        return
    try:
        encrypt_stream(source, sink, recipient)
    except pyrage.EncryptError as error:
        # The library only keeps the words of what our reading or writing raised.
        raise source.failure or sink.failure or error from error


class _ReportingSource:
    """The file that is sent; each piece is reported, and failures are kept."""

    def __init__(self, file: BinaryIO, on_progress: Reporter, total: int) -> None:
        self.failure: Exception | None = None
        self._file = file
        self._report = on_progress
        self._done = 0
        self._total = total

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._file.read(size)
            self._done += len(piece)
            self._report(
                SendProgress(
                    phase=SENDING, bytes_done=self._done, bytes_total=2 * self._total
                )
            )
        except Exception as error:
            self.failure = error
            raise
        return piece


class _CountingSink:
    """The way to the target; what passes is counted, and failures are kept."""

    def __init__(self, outgoing: OutgoingFile) -> None:
        self.failure: Exception | None = None
        self._outgoing = outgoing
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def content(self) -> Content:
        """What has passed so far."""
        return Content(size_bytes=self._size, sha256=self._digest.hexdigest())

    def write(self, piece: bytes) -> int:
        try:
            self._outgoing.write(piece)
        except Exception as error:
            self.failure = error
            raise
        self._digest.update(piece)
        self._size += len(piece)
        return len(piece)

    def flush(self) -> None:
        self._outgoing.flush()


def _make_check_reporter(
    on_progress: Reporter, size_bytes: int, sent_bytes: int
) -> Callable[[int], None]:
    def report(done: int) -> None:
        # Counted in bytes of the file here; an encrypted copy is a little larger.
        share = done / sent_bytes if sent_bytes else 1
        progress = SendProgress(
            phase=CHECKING,
            bytes_done=size_bytes + int(size_bytes * min(share, 1)),
            bytes_total=2 * size_bytes,
        )
        on_progress(progress)

    return report


def _digest(pieces: Iterable[bytes], report: Callable[[int], None]) -> Content:
    digest = hashlib.sha256()
    size = 0
    with contextlib.ExitStack() as stack:
        if isinstance(pieces, Iterator) and hasattr(pieces, "close"):
            stack.callback(pieces.close)
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            report(size)
    return Content(size_bytes=size, sha256=digest.hexdigest())
