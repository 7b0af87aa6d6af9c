"""The port: where finished files lie, and how their keys are made."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, runtime_checkable
from uuid import UUID

STAGED, PUBLISHED, UNFINISHED = "staged", "published", "unfinished"
"""What a key begins with: on this machine only; whole; uploaded in part."""
Pause = Callable[[], None]
"""Called between two pieces of long work; what it raises ends the work."""


def go_on() -> None:
    """Let long work go on without a pause."""


class Storage(Protocol):
    """A place for finished files.

    Invariants: a key names at most one file and a file never changes once published;
    deleting what is not there is no error.
    """

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""

    def publish_file(self, staged: Path, key: str, pause: Pause = go_on) -> str:
        """Make a staged file visible, whole or not at all.

        Returns:
            The key that it has: this one, or that of an earlier attempt at the same
            export whose upload was gone on with.
        """

    def open_file(self, key: str) -> BinaryIO:
        """Open a published file for reading; it can seek.

        Raises:
            FileNotFoundError: If there is none.
        """

    def delete_file(self, key: str) -> None:
        """Delete what a key names: staged, published or unfinished."""

    def iter_keys(self) -> Iterator[str]:
        """Yield the key of every file, staged and unfinished ones included."""


@runtime_checkable
class SigningStorage(Protocol):
    """A storage from which a browser can fetch a file itself."""

    def sign_address(
        self, key: str, *, file_name: str, media_type: str, seconds: int
    ) -> str:
        """Return an address at which the store hands a file out, for some seconds."""


class Upload(Protocol):
    """A file that is sent to a storage while it is written, whole or not at all.

    Invariants: what was sent stays, for the next attempt to go on with.
    """

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all sending."""

    def write(self, piece: bytes) -> int:
        """Take the next piece."""

    def complete(self) -> str:
        """Make the file visible, and return the key that it has."""


@runtime_checkable
class StreamingStorage(Protocol):
    """A storage to which a file can be sent while it is written."""

    def open_upload(self, key: str, pause: Pause = go_on) -> Upload:
        """Begin a file, or go on with what an earlier attempt at the export sent."""

    def abort_uploads(self, export_id: UUID) -> None:
        """Remove what attempts at an export sent and did not finish."""


def format_key(export_id: UUID, attempt: int, suffix: str) -> str:
    """Return the key of what one attempt of an export publishes."""
    return f"{PUBLISHED}/{export_id}.{attempt}{suffix}"


def format_index_key(key: str) -> str:
    """Return the key of the index that says what of a published file can be reused."""
    return f"{key}.index"


def delete_published(storage: Storage, key: str) -> None:
    """Delete a published file and its index."""
    storage.delete_file(key)
    storage.delete_file(format_index_key(key))


def parse_key(key: str) -> tuple[UUID, int] | None:
    """Return the export and the attempt that a key names; None for a foreign file."""
    parts = key.rpartition("/")[2].split(".")
    if len(parts) < 2 or not parts[1].isdecimal():
        return None
    try:
        return UUID(parts[0]), int(parts[1])
    except ValueError:
        return None
