"""Where the files of a project lie, by what its row says.

A row names a folder, or ``s3://bucket/prefix``. The store's own address and its keys
are in the settings, so that a store can move without a row being changed.

Source: ADR 0127.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from bagkit.trees.reading import FolderPage
from bagkit.trees.reading import Path as FolderPath
from bagkit.trees.tree import TreeOpener, is_address

OPENER = "bookbag.trees.objects.open_object_tree"
STORE = "bookbag.trees.store.ObjectStore"
"""By name: the library behind it takes as long to import as all of Bookbag does."""


class StoreReader(Protocol):
    """The store of workspaces, for whoever looks around in it.

    Every method may raise ``OSError`` for what is missing or refused, and
    ``SourceAwayError`` when the store does not answer.
    """

    def list_folders(self, place: str) -> list[str]:
        """Return the names of the folders in a place."""

    def iter_sizes(self, place: str) -> Iterator[tuple[str, int]]:
        """Yield path and size of every object below a place."""

    def address_of(self, place: str) -> str:
        """Return what a project's row says of a place."""

    def has_files(self, address: str) -> bool:
        """Answer whether anything lies at an address."""

    def list_entries(
        self, address: str, path: FolderPath, *, offset: int, limit: int
    ) -> FolderPage:
        """Return some of the entries of a folder of a workspace."""

    def open_entry(self, address: str, path: FolderPath) -> BinaryIO:
        """Open a file of a workspace for reading; it can seek."""


def locate_files(files_folder: str) -> Path | str:
    """Return a project's folder, or the address of its files on a store."""
    return files_folder if is_address(files_folder) else Path(files_folder)


def make_tree_opener() -> TreeOpener | None:
    """Return what opens addresses, or None where no store is set up."""
    if not settings.WORKSPACES_STORE:
        return None
    return TreeOpener(name=OPENER, options=_options())


def open_store() -> StoreReader | None:
    """Return the store of workspaces, or None where none is set up."""
    if not settings.WORKSPACES_STORE:
        return None
    return cast("StoreReader", import_string(STORE)(_options()))


def _options() -> dict[str, str]:
    return {
        "url": settings.WORKSPACES_STORE,
        "access_key": settings.BOOKBAG_WORKSPACES_ACCESS_KEY,
        "secret": settings.BOOKBAG_WORKSPACES_SECRET_KEY,
    }
