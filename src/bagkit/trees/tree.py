"""The port to a workspace's files, and the one to a folder of this machine.

A workspace that lies elsewhere is reached through a tree of the caller's: the engine
is told by name what opens it, also in its packing processes, and knows no network.

Source: ADR 0127.
"""

import importlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any, Protocol, TypeAlias

from bagkit.trees.walk import (
    FILE_FLAGS,
    WalkedFolder,
    WalkProblem,
    open_root,
    walk_workspace,
)

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Returns so many bytes from an offset on; fewer only where the file ends."""


class TreeFile(Protocol):
    """A file of a workspace, open for reading."""

    @property
    def status(self) -> os.stat_result:
        """What it is: kind, mode, size and time."""

    @property
    def signed(self) -> os.stat_result:
        """The same as ``Tree.look_at`` says it, to tell it from itself later."""

    def read_at(self, length: int, offset: int, /) -> bytes:
        """Return so many bytes from an offset on; fewer only where it ends."""

    def close(self) -> None:
        """Let go of it."""


class Tree(Protocol):
    """The files of one workspace.

    Every method may raise ``OSError`` for what cannot be read, and
    ``SourceAwayError`` when the place as a whole does not answer.
    """

    def walk(self) -> Iterator[WalkedFolder | WalkProblem]:
        """Yield every folder, parents first, entries in byte order."""

    def look_at(self, folder: WalkedFolder, name: bytes) -> os.stat_result:
        """Return what an entry is without opening it."""

    def open_file(self, folder: WalkedFolder, name: bytes) -> TreeFile:
        """Open an entry that was listed as a file."""

    def read_link(self, folder: WalkedFolder, name: bytes) -> bytes:
        """Return what an entry says that was listed as a link."""

    def close(self) -> None:
        """Let go of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeOpener:
    """What opens workspaces that lie at an address, in any process."""

    name: str
    """A function by its dotted name; takes an address and the options."""
    options: Mapping[str, str] = field(default_factory=dict)

    def open(self, address: str) -> Tree:
        """Open the workspace at an address.

        Raises:
            OSError: If it is missing or may not be read.
            SourceAwayError: If the place does not answer.
        """
        module, _, function = self.name.rpartition(".")
        make: Callable[[str, Mapping[str, str]], Tree] = getattr(
            importlib.import_module(module), function
        )
        return make(address, self.options)


def is_address(root: object) -> bool:
    """Answer whether a workspace's root is an address, and no folder."""
    return isinstance(root, str) and "://" in root


def open_tree(root: str | int | os.PathLike[str], opener: TreeOpener | None) -> Tree:
    """Open a workspace.

    Args:
        root: Its folder, the folder's descriptor, or an address.
        opener: What opens addresses.

    Raises:
        OSError: If it is missing or may not be read.
        SourceAwayError: If the place of an address does not answer.
    """
    if isinstance(root, str) and is_address(root):
        if opener is None:
            message = "nothing here opens addresses"
            raise PermissionError(message)
        return opener.open(root)
    return FolderTree(os.dup(root) if isinstance(root, int) else open_root(root))


def read_from(file: IO[Any]) -> ReadAt:
    """Return what reads an open file of this machine from any place."""
    return partial(os.pread, file.fileno())


class FolderTree:
    """A folder of this machine, read as ``walk`` says.

    Args:
        descriptor: The open folder; closed with the tree.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def walk(self) -> Iterator[WalkedFolder | WalkProblem]:
        """Yield every folder."""
        return walk_workspace(self._descriptor)

    def look_at(self, folder: WalkedFolder, name: bytes) -> os.stat_result:
        """Return what an entry is; links are not followed."""
        return os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)

    def open_file(self, folder: WalkedFolder, name: bytes) -> "FolderFile":
        """Open an entry, without following links and without blocking."""
        return FolderFile(os.open(name, FILE_FLAGS, dir_fd=folder.descriptor))

    def read_link(self, folder: WalkedFolder, name: bytes) -> bytes:
        """Return what a link says."""
        return os.readlink(name, dir_fd=folder.descriptor)

    def close(self) -> None:
        """Close the folder."""
        os.close(self._descriptor)


class FolderFile:
    """An open file of this machine."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.status = os.fstat(descriptor)

    @property
    def signed(self) -> os.stat_result:
        """The same: here looking at it says everything."""
        return self.status

    def read_at(self, length: int, offset: int, /) -> bytes:
        """Return bytes from an offset on."""
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


class ReadAtFile(io.RawIOBase):
    """A file as libraries want it, over what is read from any place."""

    def __init__(self, read_at: ReadAt, size_bytes: int) -> None:
        super().__init__()
        self._read_at = read_at
        self._size_bytes = size_bytes
        self._place = 0

    def readable(self) -> bool:
        """Answer yes."""
        return True

    def seekable(self) -> bool:
        """Answer yes."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to another place."""
        start = (0, self._place, self._size_bytes)[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        """Read on; what ends before its size is an error.

        Raises:
            OSError: If there are fewer bytes than its size says.
        """
        wanted = min(len(buffer), self._size_bytes - self._place)
        if wanted <= 0:
            return 0
        piece = self._read_at(wanted, self._place)
        if not piece:
            message = f"Found {self._place} bytes, expected {self._size_bytes}"
            raise OSError(message)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)
