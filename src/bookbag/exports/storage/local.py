"""Finished files in a folder of this machine, or one that all hosts share."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from bookbag.exports.storage.port import PUBLISHED, STAGED, Pause, go_on

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class LocalStorage:
    """Files in a folder that only the server's own user can read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def stage_file(self, export_id: UUID, attempt: int) -> Path:
        """Return a private local path that an attempt may write to."""
        return self._folder(STAGED) / f"{export_id}.{attempt}.part"

    def publish_file(self, staged: Path, key: str, pause: Pause = go_on) -> str:
        """Flush a staged file to the disk and rename it.

        Raises:
            OSError: If the disk refuses.
        """
        pause()
        target = self._folder(PUBLISHED) / key.rpartition("/")[2]
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.chmod(FILE_MODE)
        staged.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the rename itself must survive a power cut
        finally:
            os.close(folder)
        return key

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
        for folder in (STAGED, PUBLISHED):
            for path in sorted(self._folder(folder).iterdir()):
                yield f"{folder}/{path.name}"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        # One by one: parents that are made on the way have the mode of the umask.
        self.root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        return folder
