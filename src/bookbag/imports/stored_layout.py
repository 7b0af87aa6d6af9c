"""Students' folders that lie on the store of ``BOOKBAG_WORKSPACES``, to be referred to.

They lie as in the native layout, ``<assignment>/<student>/…``, below a path of the
store. The roster and the course file are on this machine.
"""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bagkit.errors import SourceAwayError
from bookbag.imports.errors import Fault, LoadFaultsError
from bookbag.imports.layouts import WORKSPACES, FoundFolder
from bookbag.trees.locating import StoreReader, open_store

LISTED_AT_ONCE = 8
"""Assignments that are listed at the same time."""
NO_STORE = "Found no store, expected BOOKBAG_WORKSPACES to be s3://bucket/prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWorkspaces:
    """What lies on the store for one course.

    Folders are named as if they lay below the course's own folder, which faults and
    notes speak of.
    """

    folders: list[FoundFolder]
    addresses: Mapping[Path, str]
    """Where each folder is in truth."""
    counts: Mapping[Path, tuple[int, int]]
    """Files, and their bytes, of each folder."""

    def count(self, folder: Path) -> tuple[int, int]:
        """Return how many files a folder holds, and their bytes."""
        return self.counts[folder]


def list_stored(place: str, root: Path) -> StoredWorkspaces:
    """Return the students' folders below a path of the store.

    Args:
        place: The path below the store's own prefix.
        root: The course's folder on this machine.

    Raises:
        LoadFaultsError: If there is no store, or it cannot be listed.
    """
    store = open_store()
    if store is None:
        raise LoadFaultsError([Fault(path=place, line=None, message=NO_STORE)])
    try:
        names = store.list_folders(place)
        with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
            counted = list(pool.map(partial(_count_students, store, place), names))
    except (OSError, SourceAwayError) as error:
        message = f"Found a store that cannot be listed: {error}"
        raise LoadFaultsError(
            [Fault(path=place, line=None, message=message)]
        ) from error
    folders, addresses, counts = [], {}, {}
    for assignment, students in zip(names, counted, strict=True):
        for student, count in sorted(students.items()):
            folder = root / WORKSPACES / assignment / student
            folders.append(
                FoundFolder(assignment=assignment, student=student, folder=folder)
            )
            addresses[folder] = store.address_of(f"{place}/{assignment}/{student}")
            counts[folder] = count
    return StoredWorkspaces(folders=folders, addresses=addresses, counts=counts)


def _count_students(
    store: StoreReader, place: str, assignment: str
) -> dict[str, tuple[int, int]]:
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for path, size_bytes in store.iter_sizes(f"{place}/{assignment}"):
        student, slash, inside = path.partition("/")
        if not slash or not student:
            continue  # the folder itself, or a file beside the students' folders
        files[student] += bool(inside) and not inside.endswith("/")
        sizes[student] += size_bytes
    return {student: (count, sizes[student]) for student, count in files.items()}
