"""A workspace in memory, and how it is put on disk the same way every time."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """One file of a sample workspace."""

    content: bytes
    """Everything in it."""
    modified_at: int
    """Unix time in whole seconds."""
    is_executable: bool = False
    """Whether its permission bits say that it can be run."""


@dataclass(slots=True, kw_only=True)
class SampleTree:
    """What one workspace holds, by paths relative to it."""

    modified_at: int
    """Unix time in whole seconds of folders and links."""
    files: dict[str, SampleFile] = field(default_factory=dict)
    """Files by path."""
    links: dict[str, str] = field(default_factory=dict)
    """Targets of symbolic links by path."""
    empty_folders: set[str] = field(default_factory=set)
    """Folders that hold nothing."""

    def add(
        self,
        path: str,
        content: bytes | str,
        *,
        modified_at: int | None = None,
        is_executable: bool = False,
    ) -> None:
        """Put a file in, or replace it."""
        self.files[path] = SampleFile(
            content=content.encode() if isinstance(content, str) else content,
            modified_at=self.modified_at if modified_at is None else modified_at,
            is_executable=is_executable,
        )

    def folders(self) -> list[str]:
        """Return every folder below the workspace, parents first."""
        found = set(self.empty_folders)
        for path in (*self.files, *self.links, *self.empty_folders):
            found.update(str(parent) for parent in PurePosixPath(path).parents)
        return sorted(found - {"."})


def write_tree(root: Path, tree: SampleTree) -> None:
    """Write a workspace with its modes and times, whatever the umask is.

    Args:
        root: Its folder, which does not exist yet; its parent does.
        tree: What to write.
    """
    folders = [root, *(root / path for path in tree.folders())]
    for folder in folders:
        make_plain_folder(folder)
    for path, file in tree.files.items():
        _write_file(root / path, file)
    for path, target in tree.links.items():
        link = root / path
        link.symlink_to(target)
        _set_time(link, tree.modified_at)
    # Last and innermost first, since writing into a folder changes its time.
    for folder in reversed(folders):
        _set_time(folder, tree.modified_at)


def write_plain_file(path: Path, content: bytes, *, modified_at: int) -> None:
    """Write one file outside the workspaces, with its time."""
    _write_file(path, SampleFile(content=content, modified_at=modified_at))


def _write_file(path: Path, file: SampleFile) -> None:
    path.write_bytes(file.content)
    mode = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH
    path.chmod(mode | 0o111 if file.is_executable else mode)
    _set_time(path, file.modified_at)


def make_plain_folder(path: Path) -> None:
    """Make one folder outside the workspaces, whatever the umask is."""
    path.mkdir()
    path.chmod(FOLDER_MODE)


def set_folder_time(path: Path, *, modified_at: int) -> None:
    """Set a folder's time, once everything in it is written."""
    _set_time(path, modified_at)


def _set_time(path: Path, modified_at: int) -> None:
    os.utime(path, (modified_at, modified_at), follow_symlinks=False)
