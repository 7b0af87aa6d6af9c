"""Looking into a project for its page: folders and files, read through the engine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from bagkit.errors import SourceAwayError, WorkspaceReadError
from bagkit.trees.names import escape_path, unescape_path
from bagkit.trees.reading import (
    FolderEntry,
    FolderPage,
    list_folder,
    open_file,
    split_path,
)
from bagkit.trees.reading import Path as FolderPath
from bagkit.trees.tree import is_address
from bagkit.trees.walk import EntryKind, Reason
from bookbag.domain.courses.models import Project
from bookbag.exports.errors import ProjectFileError
from bookbag.trees.locating import StoreReader, open_store

PAGE_ENTRIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """One line of a folder's list."""

    name: str
    path: str
    """Escaped, from the project's own folder; what other calls take."""
    is_folder: bool
    is_file: bool
    size_bytes: int
    modified_at: datetime
    target: str
    """What a link says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFolder:
    """One page of a folder."""

    path: str
    parents: tuple[tuple[str, str], ...]
    """Names and paths on the way to it, itself included."""
    entries: tuple[ShownEntry, ...]
    entry_count: int
    offset: int

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins, if there is one."""
        end = self.offset + len(self.entries)
        return end if end < self.entry_count and self.entries else None


def read_folder(project: Project, path: str, offset: int = 0) -> ShownFolder:
    """Return a page of a folder.

    Args:
        project: Whose files.
        path: The folder, escaped; empty for the project itself.
        offset: Entries that earlier pages showed.

    Raises:
        ProjectFileError: If there is no such folder, or it cannot be read.
    """
    parts = split_path(unescape_path(path))
    try:
        page = _list_page(project.files_folder, parts, offset)
    except (WorkspaceReadError, SourceAwayError, OSError) as error:
        raise ProjectFileError(str(error)) from error
    parents = tuple(
        (escape_path(parts[n]), escape_path(b"/".join(parts[: n + 1])))
        for n in range(len(parts))
    )
    return ShownFolder(
        path=escape_path(b"/".join(parts)),
        parents=parents,
        entries=tuple(_show(parts, entry) for entry in page.entries),
        entry_count=page.entry_count,
        offset=offset,
    )


@contextmanager
def read_file(project: Project, path: str) -> Iterator[BinaryIO]:
    """Open a file of a project.

    Raises:
        ProjectFileError: If there is no such regular file, or it cannot be read.
    """
    parts = split_path(unescape_path(path))
    try:
        if is_address(project.files_folder):
            with _open_store().open_entry(project.files_folder, parts) as stored:
                yield stored
            return
        with open_file(project.files_folder, parts) as file:
            yield file
    except (WorkspaceReadError, SourceAwayError, FileNotFoundError) as error:
        raise ProjectFileError(str(error)) from error


def open_for_download(project: Project, path: str) -> BinaryIO:
    """Return an open file of a project, for the caller to close.

    Raises:
        ProjectFileError: If there is no such regular file, or it cannot be read.
    """
    if is_address(project.files_folder):
        parts = split_path(unescape_path(path))
        try:
            return _open_store().open_entry(project.files_folder, parts)
        except (WorkspaceReadError, SourceAwayError, OSError) as error:
            raise ProjectFileError(str(error)) from error
    with read_file(project, path) as file:
        return os.fdopen(os.dup(file.fileno()), "rb")


def name_of(path: str) -> str:
    """Return the last part of an escaped path, as people read it."""
    parts = split_path(unescape_path(path))
    return escape_path(parts[-1]) if parts else ""


def _list_page(files_folder: str, parts: FolderPath, offset: int) -> FolderPage:
    if is_address(files_folder):
        return _open_store().list_entries(
            files_folder, parts, offset=offset, limit=PAGE_ENTRIES
        )
    return list_folder(files_folder, parts, offset=offset, limit=PAGE_ENTRIES)


def _open_store() -> StoreReader:
    store = open_store()
    if store is None:
        raise WorkspaceReadError(Reason.UNREADABLE)
    return store


def _show(folder: tuple[bytes, ...], entry: FolderEntry) -> ShownEntry:
    seconds = min(max(entry.modified_ns // 1_000_000_000, 0), 253_402_300_799)
    return ShownEntry(
        name=escape_path(entry.name),
        path=escape_path(b"/".join((*folder, entry.name))),
        is_folder=entry.kind is EntryKind.FOLDER,
        is_file=entry.kind is EntryKind.FILE,
        size_bytes=entry.size_bytes,
        modified_at=datetime.fromtimestamp(seconds, UTC),
        target=escape_path(entry.target),
    )
