"""Unpacking a downloaded archive, for faces that may not: only by the safe extractor.

What is in it was written by students, or by whoever sent the file (lessons 3b).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bagkit.archive import unpack_archive
from bagkit.errors import BagkitError
from bookbag.exports.errors import UnpackRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackedFolder:
    """A folder that an archive was unpacked to."""

    folder: Path
    counts: Mapping[str, int]
    """Numbers of files, folders and links, and bytes."""


def unpack_file(path: Path, folder: Path) -> UnpackedFolder:
    """Unpack a ZIP or tar archive into a folder that is not there yet.

    Args:
        path: The archive; it may be malicious.
        folder: The folder to make; its parent has to be there.

    Raises:
        UnpackRefusedError: If the archive is damaged, unsafe or too large, or the
            folder is there already; nothing was written.
        OSError: If the disk refuses; nothing is left behind.
    """
    try:
        summary = unpack_archive(path, folder)
    except BagkitError as error:
        message = f"{error}. Nothing was unpacked from {path.name!r}"
        raise UnpackRefusedError(message) from error
    return UnpackedFolder(folder=folder, counts=asdict(summary))
