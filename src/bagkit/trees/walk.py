"""Walking a workspace that may be hostile, without ever leaving it.

Every folder is opened relative to its parent's descriptor and every component
without following links, so that a folder that is swapped for a link *while* it is
walked ends in an error and not in somebody else's files. Nothing is opened that
could block: what is no regular file is named and left alone.

Source: lessons M1, M5, M6; openat(2).
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
MAX_OPEN_FOLDERS = 64
"""Descriptors that one walk holds at most; deeper folders are opened again."""


class Reason(StrEnum):
    """Why something is not in the archive, or not as it was. See archive.md."""

    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    CHANGED = "changed-while-read"
    INPUT_OUTPUT = "input-output-error"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"
    LINK_OUTSIDE = "link-leaves-workspace"
    LINK_DANGLING = "link-target-missing"
    LINK_UNREADABLE = "link-unreadable"
    TIME_CLAMPED = "time-clamped"
    NO_FILE_NAME = "no-file-name"
    FILE_TOO_LARGE = "file-too-large"
    WORKSPACE_MISSING = "workspace-missing"
    WORKSPACE_UNREADABLE = "workspace-unreadable"
    NOTHING_READABLE = "nothing-readable"


class EntryKind(StrEnum):
    """What an entry of a folder is."""

    FOLDER = "folder"
    FILE = "file"
    LINK = "link"
    OTHER = "other"


@dataclass(slots=True)
class WalkedFolder:
    """One folder of a workspace, open, with the names in it."""

    path: tuple[bytes, ...]
    """The folder's path from the workspace's root, by component."""
    descriptor: int
    """Open until the walk goes on; none of a workspace that lies elsewhere."""
    status: os.stat_result
    entries: list[tuple[bytes, EntryKind]]
    """Names in byte order with what they are."""


@dataclass(slots=True)
class WalkProblem:
    """A folder that could not be entered."""

    path: tuple[bytes, ...]
    reason: Reason


def open_root(root: str | os.PathLike[str]) -> int:
    """Open a workspace's own folder and return its descriptor.

    Raises:
        OSError: If it is missing, unreadable, a link, or no folder.
    """
    return os.open(root, FOLDER_FLAGS)


def walk_workspace(root: int) -> Iterator[WalkedFolder | WalkProblem]:
    """Yield every folder below an open root, parents first, in byte order.

    Args:
        root: Descriptor of the workspace's folder; the caller closes it.
    """
    pending: list[tuple[bytes, ...]] = [()]
    chain = _FolderChain(root)
    try:
        while pending:
            path = pending.pop()
            try:
                descriptor = chain.open(path)
                status = os.fstat(descriptor)
                entries = list_entries(descriptor)
            except OSError as error:
                yield WalkProblem(path, reason_of(error))
                continue
            yield WalkedFolder(path, descriptor, status, entries)
            pending.extend(
                (*path, name)
                for name, kind in reversed(entries)
                if kind is EntryKind.FOLDER
            )
    finally:
        chain.close()


def reason_of(error: OSError) -> Reason:
    """Return the reason code of an error that the operating system gave."""
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return Reason.UNREADABLE
        case errno.ENOENT | errno.ESTALE:
            return Reason.VANISHED
        case errno.ELOOP | errno.ENOTDIR | errno.EISDIR | errno.ENXIO:
            # It was something else when the folder was listed.
            return Reason.CHANGED
        case _:
            return Reason.INPUT_OUTPUT


def reason_for_mode(mode: int) -> Reason:
    """Return the reason code of something that is neither file, folder nor link."""
    if stat.S_ISFIFO(mode):
        return Reason.FIFO
    if stat.S_ISSOCK(mode):
        return Reason.SOCKET
    return Reason.DEVICE


def link_stays_inside(target: bytes, depth: int) -> bool:
    """Answer whether a link can only lead to something in the same workspace.

    Only leading ``..`` are allowed, and no more than the link lies deep. The link's
    own folders are real ones, so they can be counted; a ``..`` behind a name could go
    up from wherever a second link leads, which no counting can bound.

    Args:
        target: The link's text.
        depth: Folders between the workspace's root and the link.
    """
    if not target or target.startswith(b"/") or b"\0" in target:
        return False
    names = [name for name in target.split(b"/") if name not in (b"", b".")]
    ups = 0
    while ups < len(names) and names[ups] == b"..":
        ups += 1
    return ups <= depth and b".." not in names[ups:]


def list_entries(descriptor: int) -> list[tuple[bytes, EntryKind]]:
    """Return the names in an open folder, in byte order, with what they are."""
    found = []
    with os.scandir(descriptor) as scan:
        for entry in scan:
            if entry.is_file(follow_symlinks=False):
                kind = EntryKind.FILE
            elif entry.is_dir(follow_symlinks=False):
                kind = EntryKind.FOLDER
            elif entry.is_symlink():
                kind = EntryKind.LINK
            else:
                kind = EntryKind.OTHER
            found.append((os.fsencode(entry.name), kind))
    found.sort()
    return found


class _FolderChain:
    """Opens folders component by component and keeps the way to the last one open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._open: list[tuple[tuple[bytes, ...], int]] = []

    def open(self, path: tuple[bytes, ...]) -> int:
        """Return the descriptor of a folder, open until the next call."""
        self._drop_all_but_parents(path)
        start, descriptor = self._open[-1] if self._open else ((), self._root)
        for depth in range(len(start), len(path)):
            descriptor = os.open(path[depth], FOLDER_FLAGS, dir_fd=descriptor)
            self._open.append((path[: depth + 1], descriptor))
            if len(self._open) > MAX_OPEN_FOLDERS:
                os.close(self._open.pop(0)[1])
        return descriptor

    def close(self) -> None:
        """Close everything that is still open."""
        while self._open:
            os.close(self._open.pop()[1])

    def _drop_all_but_parents(self, path: tuple[bytes, ...]) -> None:
        while self._open and path[: len(self._open[-1][0])] != self._open[-1][0]:
            os.close(self._open.pop()[1])
