"""Counting a workspace without reading a file."""

from dataclasses import dataclass
from pathlib import Path

from bagkit.trees.tree import Tree, TreeOpener, open_tree
from bagkit.trees.walk import EntryKind, WalkedFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeCount:
    """What lies in a workspace.

    Units: sizes in bytes, as the files say; a sparse file counts in full.
    """

    file_count: int
    size_bytes: int


def count_tree(root: Path | str, opener: TreeOpener | None = None) -> TreeCount:
    """Return how many files a workspace holds and how large they are.

    What cannot be looked at is not counted; packing it makes a problem.

    Raises:
        SourceAwayError: If the place of an address does not answer.
    """
    try:
        tree = open_tree(root, opener)
    except OSError:
        return TreeCount(file_count=0, size_bytes=0)
    sizes: list[int] = []
    try:
        for folder in tree.walk():
            if isinstance(folder, WalkedFolder):
                sizes += _list_sizes(tree, folder)
    finally:
        tree.close()
    return TreeCount(file_count=len(sizes), size_bytes=sum(sizes))


def _list_sizes(tree: Tree, folder: WalkedFolder) -> list[int]:
    sizes = []
    for name, kind in folder.entries:
        if kind is EntryKind.FILE:
            try:
                status = tree.look_at(folder, name)
            except OSError:
                continue
            sizes.append(status.st_size)
    return sizes
