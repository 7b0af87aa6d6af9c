"""Unpacking the workspaces that are needed, under the names that they had."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from bagkit.archive import Progress, read_contents, remove_tree, unpack_archive
from bagkit.errors import BagkitError
from bookbag.imports.copying import FREE_BYTES_FLOOR, make_private_folders
from bookbag.imports.errors import ArchiveRefusedError, CopyError

INSIDE = "workspaces/"
"""What the folders of workspaces begin with in an archive."""


def unpack_wanted(
    source: Path,
    target: Path,
    top: str,
    wanted: Iterable[str],
    *,
    size_bytes: int,
    on_progress: Callable[[Progress], None],
) -> dict[str, Path]:
    """Unpack some workspaces of an archive; return where each is.

    Args:
        source: The archive.
        target: The folder to make for them; it is there, whole, or not at all.
        top: The archive's top folder.
        wanted: The workspaces' folders in the archive, below ``data/``.
        size_bytes: What they hold, as the receipt says.
        on_progress: Told about every member.

    Raises:
        ArchiveRefusedError: If the archive would write where it must not.
        CopyError: If there is too little room, or the disk refuses.
    """
    roots = {folder: folder.removeprefix(INSIDE) for folder in wanted}
    if not roots:
        return {}
    try:
        make_private_folders(target.parent)
        free = shutil.disk_usage(target.parent).free
        if free < size_bytes + FREE_BYTES_FLOOR:
            message = f"Found {free} bytes of free space, expected at least "
            raise CopyError(f"{message}{size_bytes + FREE_BYTES_FLOOR}")
        contents = read_contents(source)
        place = contents.place({f"{top}/data/{f}": root for f, root in roots.items()})
        unpack_archive(source, target, place=place, on_progress=on_progress)
    except BagkitError as error:
        raise ArchiveRefusedError(str(error)) from error
    # What stands at its place counts as whole, also after a power cut.
    os.sync()
    return {folder: target / root for folder, root in roots.items()}


def remove_leftovers(root: Path, prefix: str, kept: str = "") -> None:
    """Remove what attempts of one restore left, but for what one of them published.

    Args:
        root: Where copies of workspaces are kept.
        prefix: What the names of this restore's folders begin with.
        kept: The name of the folder that rows refer to.
    """
    for pattern in (f"{prefix}*", f".{prefix}*"):
        for path in root.glob(pattern):
            if path.name != kept:
                remove_tree(path)
