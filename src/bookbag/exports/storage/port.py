"""The port: where finished files lie, and how their keys are made."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class UploadPlace:
    """An unfinished upload, which several workers may send parts of."""

    key: str
    upload_id: str


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


class RangeUpload(Protocol):
    """A run of an upload's bytes, which are sent while they are written."""

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

    def finish(
        self, carried: bytes, *, is_last: bool = False
    ) -> tuple[dict[int, str], bytes]:
        """Put what was carried before the first piece, and send what can be sent.

        Returns:
            The tags of the parts by number, and the bytes that are too few for a part:
            whoever writes the next run carries them.
        """


@runtime_checkable
class SharedStorage(Storage, StreamingStorage, Protocol):
    """A storage where several workers write one file, by its notes to each other."""

    def begin_upload(self, key: str) -> UploadPlace:
        """Begin a file, or return what an earlier attempt at the export began."""

    def open_range(
        self, place: UploadPlace, numbers: range, pause: Pause = go_on
    ) -> RangeUpload:
        """Begin a run whose parts have some of those numbers."""

    def complete_upload(
        self, place: UploadPlace, tags: Mapping[int, str], size_bytes: int
    ) -> None:
        """Make the file visible that has those parts."""

    def put_note(self, key: str, content: bytes) -> None:
        """Store what one worker has to tell others."""


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
