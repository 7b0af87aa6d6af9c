"""Looking into a workspace that may be hostile: one folder, or one file.

As in ``walk``, every component is opened relative to its parent and without following
links, so that nothing outside the workspace can be reached, whatever is swapped for a
link meanwhile.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from bagkit.errors import WorkspaceReadError
from bagkit.trees.walk import (
    FILE_FLAGS,
    FOLDER_FLAGS,
    EntryKind,
    Reason,
    list_entries,
    open_root,
    reason_for_mode,
    reason_of,
)

Path = tuple[bytes, ...]
"""A path below the workspace's folder, by component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEntry:
    """One thing in a folder.

    Units: bytes; nanoseconds since 1970.
    """

    name: bytes
    kind: EntryKind
    size_bytes: int
    modified_ns: int
    target: bytes = b""
    """What a link says, followed by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPage:
    """Some of the entries of a folder: folders first, each kind in byte order."""

    entries: tuple[FolderEntry, ...]
    entry_count: int
    """How many there are in all."""


@contextmanager
def open_folder(root: str | os.PathLike[str], path: Path) -> Iterator[int]:
    """Open a folder of a workspace for the time of a block.

    Args:
        root: The workspace's folder.
        path: The folder below it.

    Raises:
        WorkspaceReadError: If it is missing, unreadable, or no folder any more.
    """
    try:
        descriptor = open_root(root)
        try:
            for name in path:
                _check_name(name)
                inner = os.open(name, FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WorkspaceReadError(reason_of(error)) from error


def list_folder(
    root: str | os.PathLike[str], path: Path, *, offset: int = 0, limit: int
) -> FolderPage:
    """Return some of the entries of a folder.

    Only those that are returned are looked at closely, so that a folder of a hundred
    thousand is quick.

    Raises:
        WorkspaceReadError: If the folder cannot be read.
    """
    with open_folder(root, path) as folder:
        found = list_entries(folder)
        found.sort(key=lambda entry: (entry[1] is not EntryKind.FOLDER, entry[0]))
        shown = (_describe(folder, *e) for e in found[offset : offset + limit])
        return FolderPage(
            entries=tuple(entry for entry in shown if entry is not None),
            entry_count=len(found),
        )


@contextmanager
def open_file(root: str | os.PathLike[str], path: Path) -> Iterator[BinaryIO]:
    """Open a regular file of a workspace; the caller may keep it by ``os.dup``.

    Raises:
        WorkspaceReadError: If it is missing, unreadable, or no regular file.
    """
    if not path:
        raise WorkspaceReadError(Reason.CHANGED)
    _check_name(path[-1])
    with open_folder(root, path[:-1]) as folder:
        descriptor = os.open(path[-1], FILE_FLAGS, dir_fd=folder)
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            os.close(descriptor)
            raise WorkspaceReadError(reason_for_mode(mode))
    with os.fdopen(descriptor, "rb") as file:
        yield file


def split_path(path: bytes) -> Path:
    """Return the components of a path; an empty path is the workspace itself."""
    return tuple(name for name in path.split(b"/") if name)


def _check_name(name: bytes) -> None:
    if name in (b"", b".", b"..") or b"/" in name or b"\0" in name:
        raise WorkspaceReadError(Reason.VANISHED)


def _describe(folder: int, name: bytes, kind: EntryKind) -> FolderEntry | None:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        target = os.readlink(name, dir_fd=folder) if kind is EntryKind.LINK else b""
    except OSError:
        return None  # it has just gone
    return FolderEntry(
        name=name,
        kind=kind,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        target=target,
    )
