"""Walking a student's folder, which may hold anything, without being led astray.

Everything is opened relative to the descriptor of its folder, links are never
followed and nothing blocks: see ADR 0053.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

DEPTH_LIMIT = 200
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One thing in a tree; usable until the walk goes on."""

    path: str
    """Relative to the tree's top."""
    name: str
    """The last part of the path."""
    parent: int
    """Descriptor of the folder that it lies in."""
    status: os.stat_result
    """What it is; of a link itself."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)

    @property
    def is_pipe(self) -> bool:
        """Whether it is a named pipe."""
        return stat.S_ISFIFO(self.status.st_mode)

    @property
    def kept_mode(self) -> int:
        """The permission bits that a copy has.

        Set-user and set-group bits would hand out the rights of whoever copies, and
        a folder that its owner cannot enter could not be removed again.
        """
        mode = self.status.st_mode & 0o777
        return mode | stat.S_IRWXU if self.is_folder else mode

    def open(self) -> int:
        """Return a descriptor of a file for reading.

        Raises:
            OSError: If it cannot be opened, or is something else by now.
        """
        return _open_same(self.name, self.parent, self.status)

    def read_link(self) -> str:
        """Return where a link points."""
        return os.readlink(self.name, dir_fd=self.parent)


def walk_tree(folder: Path) -> Iterator[TreeEntry]:
    """Yield everything below a folder, sorted, each folder before what is in it.

    Raises:
        OSError: If a folder cannot be read, or is nested deeper than ``DEPTH_LIMIT``;
            ``filename`` is its path relative to the top.
    """
    top = os.open(folder, _OPEN | os.O_DIRECTORY)
    try:
        yield from _walk(top, "", DEPTH_LIMIT)
    finally:
        os.close(top)


def _walk(parent: int, prefix: str, depth_left: int) -> Iterator[TreeEntry]:
    if not depth_left:
        message = f"Folders are nested deeper than {DEPTH_LIMIT}"
        raise OSError(0, message, prefix)
    for name in sorted(os.listdir(parent), key=os.fsencode):  # descriptor
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        path = f"{prefix}{name}"
        entry = TreeEntry(path=path, name=name, parent=parent, status=status)
        yield entry
        if not entry.is_folder:
            continue
        try:
            descriptor = _open_same(name, parent, status)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from error
        try:
            yield from _walk(descriptor, f"{path}/", depth_left - 1)
        finally:
            os.close(descriptor)


def _open_same(name: str, parent: int, expected: os.stat_result) -> int:
    descriptor = os.open(name, _OPEN, dir_fd=parent)
    found = os.fstat(descriptor)
    if os.path.samestat(found, expected):
        return descriptor
    os.close(descriptor)
    raise OSError(0, "Something else has taken its place", name)


def fingerprint_tree(folder: Path) -> tuple[str, int]:
    """Return a digest of a tree's listing, and the bytes in its files.

    Names, kinds, permission bits, link targets, sizes and times count; contents are
    not read, as with rsync. A copy that kept all that has the same digest.

    Shape: 64 hexadecimal digits, size in bytes.

    Raises:
        OSError: As ``walk_tree``.
    """
    digest = sha256()
    size_bytes = 0
    for entry in walk_tree(folder):
        facts: tuple[object, ...]
        if entry.is_link:
            facts = ("link", os.fsencode(entry.read_link()))
        elif entry.is_folder:
            facts = ("folder", entry.kept_mode)
        elif entry.is_file:
            status = entry.status
            facts = ("file", entry.kept_mode, status.st_size, status.st_mtime_ns)
            size_bytes += status.st_size
        elif entry.is_pipe:
            facts = ("pipe",)
        else:
            continue
        digest.update(repr((os.fsencode(entry.path), *facts)).encode())
    return digest.hexdigest(), size_bytes
