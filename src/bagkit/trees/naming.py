"""Portable paths for the folders of one workspace, as it is walked."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bagkit.trees.names import (
    DEEP_FOLDER,
    MAX_PATH_CHARACTERS,
    escape_path,
    map_names,
    path_length,
)

ROOM_FOR_NAME = 48
"""What must be left of a path's length for the names in a folder."""
ROOM_FOR_NUMBER = 8
"""What must be left of a name's length to number it when it collides."""


@dataclass(slots=True)
class PortableFolder:
    """One folder's path in the archive, and the names of what is in it."""

    path: str
    """With a slash at the end."""
    names: dict[bytes, str]

    def child(self, name: bytes) -> str:
        """Return the archive path of something in the folder."""
        return self.path + self.names[name]


class PortableTree:
    """Gives every folder of a workspace a path that every system can write.

    Invariants: folders are entered parents first; what was renamed is added to the
    list that was given. Names are covered first, when they may name people, and
    what was renamed is told by the covered names.
    """

    def __init__(
        self,
        prefix: str,
        renamed: list[tuple[str, str]],
        cover: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._cover = cover
        self._prefix = prefix
        self._renamed = renamed
        self._folders: dict[tuple[bytes, ...], str] = {(): prefix}

    def enter(
        self,
        path: tuple[bytes, ...],
        names: Sequence[bytes],
        folder_names: Sequence[bytes],
    ) -> PortableFolder:
        """Return a folder's place in the archive and the names of its entries.

        Args:
            path: The folder's own path in the workspace.
            names: All its entries.
            folder_names: Those of them that are folders and will be entered later.
        """
        here = self._place(path)
        shown = None if self._cover is None else self._cover_names(names, self._cover)
        mapped = map_names(
            names if shown is None else list(shown.values()),
            room=MAX_PATH_CHARACTERS - path_length(here) - ROOM_FOR_NUMBER,
            reserved=() if path else (DEEP_FOLDER,),
        )
        if shown is not None:
            mapped = {name: mapped[covered] for name, covered in shown.items()}
        folder = PortableFolder(here, mapped)
        self._note_renamed(path, folder, set(folder_names))
        for name in folder_names:
            self._folders[*path, name] = f"{folder.child(name)}/"
        return folder

    @staticmethod
    def _cover_names(
        names: Sequence[bytes], cover: Callable[[bytes], bytes]
    ) -> dict[bytes, bytes]:
        shown: dict[bytes, bytes] = {}
        taken: set[bytes] = set()
        for name in names:
            covered = cover(name)
            while covered in taken:  # two people's files may get one name
                covered += b"~"
            taken.add(covered)
            shown[name] = covered
        return shown

    def _place(self, path: tuple[bytes, ...]) -> str:
        here = self._folders.pop(path)
        if not path or path_length(here) + ROOM_FOR_NAME <= MAX_PATH_CHARACTERS:
            return here
        mark = hashlib.sha256(b"/".join(path)).hexdigest()[:16]
        return f"{self._prefix}{DEEP_FOLDER}/{mark}/"

    def _note_renamed(
        self, path: tuple[bytes, ...], folder: PortableFolder, folders: set[bytes]
    ) -> None:
        # A folder is noted when it is entered: only then is it known where it lies.
        inside = folder.path[len(self._prefix) :]
        cover = self._cover or bytes
        original = b"".join(cover(part) + b"/" for part in path)
        if inside.encode() != original:
            self._renamed.append((escape_path(original[:-1]), inside[:-1]))
        for name, text in folder.names.items():
            covered = original + cover(name)
            if name not in folders and (inside + text).encode() != covered:
                self._renamed.append((escape_path(covered), inside + text))
