"""Counting a workspace without reading a file."""

import os
from dataclasses import dataclass
from pathlib import Path

from bagkit.trees.walk import EntryKind, WalkedFolder, open_root, walk_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeCount:
    """What lies in a workspace.

    Units: sizes in bytes, as the files say; a sparse file counts in full.
    """

    file_count: int
    size_bytes: int


def count_tree(root: Path) -> TreeCount:
    """Return how many files a workspace holds and how large they are.

    What cannot be looked at is not counted; packing it makes a problem.
    """
    try:
        descriptor = open_root(root)
    except OSError:
        return TreeCount(file_count=0, size_bytes=0)
    sizes: list[int] = []
    try:
        for folder in walk_workspace(descriptor):
            if isinstance(folder, WalkedFolder):
                sizes += _list_sizes(folder)
    finally:
        os.close(descriptor)
    return TreeCount(file_count=len(sizes), size_bytes=sum(sizes))


def _list_sizes(folder: WalkedFolder) -> list[int]:
    sizes = []
    for name, kind in folder.entries:
        if kind is EntryKind.FILE:
            try:
                status = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
            except OSError:
                continue
            sizes.append(status.st_size)
    return sizes
