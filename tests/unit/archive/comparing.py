"""What lies in a folder, in a form that two folders can be compared by."""

import os
from pathlib import Path

Facts = tuple[int, int, bytes]


def describe(root: Path) -> dict[str, Facts]:
    """Return mode, time and content of everything below a folder, by path."""
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            int(path.lstat().st_mtime),
            _content(path),
        )
        for path in sorted(root.rglob("*"))
    }


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return path.read_bytes() if path.is_file() else b""
