"""Where uploads and imported projects lie on the disk.

An upload is one file in a folder named after its import. What a worker unpacks lies in
a folder of its attempt, beside the projects of other imports, so that it only has to be
given its name at the end.
"""

import contextlib
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

from bagkit.archive import remove_tree

FOLDER_MODE = 0o700
IMPORTED = "imported"
"""The folder of imported projects, among the workspaces."""


def upload_path(import_id: UUID) -> Path:
    """Return where the bytes of an upload are."""
    return Path(settings.BOOKBAG_UPLOADS) / str(import_id) / "upload"


def projects_folder(import_id: UUID) -> Path:
    """Return the folder that holds what the attempts of an import unpack."""
    return Path(settings.BOOKBAG_WORKSPACES) / IMPORTED / str(import_id)


def attempt_folder(import_id: UUID, attempt: int) -> Path:
    """Return the folder that one attempt unpacks to."""
    return projects_folder(import_id) / str(attempt)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only the server's own user can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)


def remove_upload(import_id: UUID) -> None:
    """Remove an upload; if there is none, that is no error."""
    shutil.rmtree(upload_path(import_id).parent, ignore_errors=True)


def remove_attempts(import_id: UUID, *, but: int | None = None) -> None:
    """Remove what attempts of an import unpacked, also half of it.

    Args:
        import_id: The import.
        but: An attempt whose projects stay.
    """
    folder = projects_folder(import_id)
    if not folder.is_dir():
        return
    for path in list(folder.iterdir()):
        if path.name != str(but):
            with contextlib.suppress(FileNotFoundError):
                remove_tree(path)
    with contextlib.suppress(OSError):
        folder.rmdir()  # refused while a project is in it


def measure_free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk that a folder is, or will be, on."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
