"""Where finished files lie: the port, and the local folder behind it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class Storage(Protocol):
    """A place for finished files.

    Invariants: a key names at most one file and a file never changes once published;
    deleting what is not there is no error.
    """

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""

    def publish_file(self, staged: Path, key: str) -> None:
        """Make a staged file visible under its key, whole or not at all."""

    def open_file(self, key: str) -> BinaryIO:
        """Open a published file for reading; it can seek.

        Raises:
            FileNotFoundError: If there is none.
        """

    def delete_file(self, key: str) -> None:
        """Delete the staged or published file of a key."""

    def iter_keys(self) -> Iterator[str]:
        """Yield the key of every file, staged ones included."""


def format_key(export_id: UUID, attempt: int, suffix: str) -> str:
    """Return the key of what one attempt of an export publishes."""
    return f"published/{export_id}.{attempt}{suffix}"


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


class LocalStorage:
    """Files in a folder that only the server's own user can read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""
        return self._folder("staged") / f"{export_id}.{attempt}.part"

    def publish_file(self, staged: Path, key: str) -> None:
        """Flush a staged file to the disk and rename it.

        Raises:
            OSError: If the disk refuses.
        """
        target = self._folder("published") / key.rpartition("/")[2]
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.chmod(FILE_MODE)
        staged.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the rename itself must survive a power cut
        finally:
            os.close(folder)

    def open_file(self, key: str) -> BinaryIO:
        """Open a published file for reading; it can seek.

        Raises:
            FileNotFoundError: If there is none.
        """
        return (self.root / key).open("rb")

    def delete_file(self, key: str) -> None:
        """Delete the staged or published file of a key, or what a writer left."""
        path = self.root / key
        with contextlib.suppress(FileNotFoundError):
            # A worker that was killed leaves a folder of segments behind.
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def iter_keys(self) -> Iterator[str]:
        """Yield the key of every file, staged ones included."""
        for folder in ("staged", "published"):
            for path in sorted(self._folder(folder).iterdir()):
                yield f"{folder}/{path.name}"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return folder


def get_storage() -> Storage:
    """Return the storage that ``BOOKBAG_STORAGE_URL`` names.

    Raises:
        ImproperlyConfigured: If the address names no storage that Bookbag knows.
    """
    parts = urlsplit(settings.BOOKBAG_STORAGE_URL)
    if parts.scheme != "file":
        message = f"Found storage scheme {parts.scheme!r}, expected file"
        raise ImproperlyConfigured(message)
    return LocalStorage(Path(unquote(parts.path)))
