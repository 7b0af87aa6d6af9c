"""A workspace on an S3-compatible store, as the engine reads workspaces.

It is listed once and then read in the order of the listing, with a few small objects
ahead. Nothing of it is kept on this machine.

Source: ADR 0127.
"""

import errno
import functools
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bagkit.trees.walk import EntryKind, Reason, WalkedFolder, WalkProblem
from bookbag.outbound.object_addresses import parse_bucket_address
from bookbag.outbound.s3 import make_s3_client
from bookbag.trees.metadata import (
    FOLDER_MODE,
    FOLDER_TIME_NS,
    make_status,
    read_mode,
    read_time,
)
from bookbag.trees.reading import (
    WHOLE_BYTES,
    ObjectFile,
    StoredObject,
    describe_object,
    translated_errors,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Path = tuple[bytes, ...]

READERS = 8
"""Requests of one process at the same time; its client keeps ten connections."""
LISTED_KEYS = 1000
"""Keys of one answer; stores give no more."""
AHEAD_BYTES = 16 << 20
"""What is read ahead at most, and kept in memory until it is packed."""
NOT_NAMES = ("", ".", "..")


@dataclass(slots=True)
class _Folder:
    """One folder of the listing."""

    folders: set[bytes] = field(default_factory=set)
    files: dict[bytes, StoredObject] = field(default_factory=dict)
    marker: StoredObject | None = None
    """The object that stands for the folder itself, if there is one."""


@dataclass(slots=True)
class Listing:
    """What lies below one prefix, by folder."""

    folders: dict[Path, _Folder] = field(default_factory=dict)
    unusable: list[Path] = field(default_factory=list)
    """Names of objects that no file can have."""

    def add(self, found: StoredObject, below: str) -> None:
        """Add an object by its path below the prefix."""
        is_marker = not below or below.endswith("/")
        names = below.removesuffix("/").split("/") if below else []
        if any(name in NOT_NAMES or "\0" in name for name in names):
            self.unusable.append((below.encode(),))
            return
        path = tuple(name.encode() for name in names)
        folder = self._enter(path if is_marker else path[:-1])
        if is_marker:
            folder.marker = found
        else:
            folder.files[path[-1]] = found

    def end(self) -> None:
        """Drop the objects that have the names of folders: no disk holds both."""
        for path, folder in self.folders.items():
            for name in folder.folders & folder.files.keys():
                del folder.files[name]
                self.unusable.append((*path, name))

    def iter_in_order(self) -> Iterator[tuple[Path, _Folder]]:
        """Yield folders as a disk is walked: parents first, names in byte order."""
        pending: list[Path] = [()]
        while pending:
            path = pending.pop()
            folder = self.folders[path]
            yield path, folder
            pending += [(*path, name) for name in sorted(folder.folders, reverse=True)]

    def _enter(self, path: Path) -> _Folder:
        for depth in range(len(path) + 1):
            here = path[:depth]
            folder = self.folders.setdefault(here, _Folder())
            if depth < len(path):
                folder.folders.add(path[depth])
        return folder


class ObjectTree:
    """The objects below one prefix.

    Invariants: used by one thread; reads ahead at most ``AHEAD_BYTES``.
    """

    def __init__(
        self, client: "S3Client", bucket: str, prefix: str, pool: ThreadPoolExecutor
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._pool = pool
        self._listing = list_objects(client, bucket, prefix)
        if not self._listing.folders:
            raise FileNotFoundError(errno.ENOENT, "nothing lies there", prefix)
        self._ahead = _ReadAhead(self._open_object, pool, self._list_in_order())

    def walk(self) -> Iterator[WalkedFolder | WalkProblem]:
        """Yield every folder, then what no file can be called."""
        statuses = self._ask_for_markers()
        for path, folder in self._listing.iter_in_order():
            entries = [
                *((name, EntryKind.FOLDER) for name in folder.folders),
                *((name, EntryKind.FILE) for name in folder.files),
            ]
            yield WalkedFolder(path, -1, next(statuses), sorted(entries))
        for path in sorted(self._listing.unusable):
            yield WalkProblem(path, Reason.NO_FILE_NAME)

    def look_at(self, folder: WalkedFolder, name: bytes) -> os.stat_result:
        """Return what the listing says of an object."""
        return self._find(folder, name).signed

    def open_file(self, folder: WalkedFolder, name: bytes) -> ObjectFile:
        """Read an object, or return it as it was read ahead."""
        return self._ahead.open(self._find(folder, name))

    def read_link(self, folder: WalkedFolder, name: bytes) -> bytes:
        """Say that nothing is listed as a link; that shows when it is opened."""
        raise FileNotFoundError(name)

    def close(self) -> None:
        """Forget what was read ahead."""
        self._ahead.forget()

    def _find(self, folder: WalkedFolder, name: bytes) -> StoredObject:
        return self._listing.folders[folder.path].files[name]

    def _open_object(self, found: StoredObject) -> ObjectFile:
        return ObjectFile(self._client, self._bucket, found.key)

    def _list_in_order(self) -> list[StoredObject]:
        return [
            folder.files[name]
            for _path, folder in self._listing.iter_in_order()
            for name in sorted(folder.files)
        ]

    def _ask_for_markers(self) -> Iterator[os.stat_result]:
        # In the order of the walk, a few at a time.
        folders = (folder for _path, folder in self._listing.iter_in_order())
        asked: deque[Future[os.stat_result]] = deque()
        for folder in folders:
            asked.append(self._pool.submit(self._describe_folder, folder))
            if len(asked) == READERS:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()

    def _describe_folder(self, folder: _Folder) -> os.stat_result:
        metadata: Mapping[str, str] = {}
        if folder.marker is not None:
            with translated_errors(folder.marker.key):
                head = self._client.head_object(
                    Bucket=self._bucket, Key=folder.marker.key
                )
            metadata = head.get("Metadata", {})
        mode = read_mode(metadata, FOLDER_MODE)
        return make_status(
            mode=mode if stat.S_ISDIR(mode) else FOLDER_MODE,
            size_bytes=0,
            modified_ns=read_time(metadata, FOLDER_TIME_NS),
        )


class _ReadAhead:
    """Reads small objects before they are asked for, as long as all are asked for.

    Whoever copies what did not change asks for few; then nothing is read ahead.
    """

    def __init__(
        self,
        read: Callable[[StoredObject], ObjectFile],
        pool: ThreadPoolExecutor,
        in_order: list[StoredObject],
    ) -> None:
        self._read = read
        self._pool = pool
        self._in_order = in_order
        self._places = {found.key: n for n, found in enumerate(in_order)}
        self._waiting: dict[int, Future[ObjectFile]] = {}
        self._waiting_bytes = 0
        self._last = -1
        self._next = 0

    def open(self, found: StoredObject) -> ObjectFile:
        """Return an object, and begin to read those that come next."""
        place = self._places[found.key]
        is_next = place == self._last + 1
        self._last = place
        if not is_next:
            self.forget()
            return self._read(found)
        self._next = max(self._next, place + 1)
        waiting = self._waiting.pop(place, None)
        if waiting is not None:
            self._waiting_bytes -= found.size_bytes
        self._fill()
        return self._read(found) if waiting is None else waiting.result()

    def forget(self) -> None:
        """Drop what was read ahead."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()
        self._waiting_bytes = 0
        self._next = self._last + 1

    def _fill(self) -> None:
        while self._next < len(self._in_order) and len(self._waiting) < 2 * READERS:
            found = self._in_order[self._next]
            if self._waiting_bytes + found.size_bytes > AHEAD_BYTES:
                return
            if found.size_bytes <= WHOLE_BYTES:
                self._waiting[self._next] = self._pool.submit(self._read, found)
                self._waiting_bytes += found.size_bytes
            self._next += 1


def list_objects(client: "S3Client", bucket: str, prefix: str) -> Listing:
    """Return everything below a prefix.

    Raises:
        PermissionError: If it may not be listed.
        FileNotFoundError: If there is no such bucket.
        SourceAwayError: If the store does not answer.
    """
    listing = Listing()
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": LISTED_KEYS}
    )
    with translated_errors(prefix):
        for page in pages:
            for entry in page.get("Contents", []):
                found = describe_object(
                    entry["Key"],
                    size_bytes=entry["Size"],
                    tag=entry.get("ETag", ""),
                    modified_at=entry["LastModified"],
                )
                listing.add(found, found.key.removeprefix(prefix))
    listing.end()
    return listing


def open_object_tree(address: str, options: Mapping[str, str]) -> ObjectTree:
    """Open the workspace at an address; the engine calls it by name.

    Args:
        address: ``s3://bucket/prefix``, of the store that the options name.
        options: ``url``, ``access_key`` and ``secret`` of the store.

    Raises:
        PermissionError: If the address is of another store, or may not be listed.
        FileNotFoundError: If nothing lies there.
        SourceAwayError: If the store does not answer.
    """
    store = parse_bucket_address(options["url"])
    bucket, prefix = split_address(address)
    home = f"{store.prefix}/" if store.prefix else ""
    if bucket != store.bucket or not prefix.startswith(home):
        message = f"Found {address!r}, expected an address in the store of workspaces"
        raise PermissionError(message)
    client = keep_client(options["url"], options["access_key"], options["secret"])
    return ObjectTree(client, bucket, prefix, keep_pool())


def split_address(address: str) -> tuple[str, str]:
    """Return the bucket and the prefix of an address; the prefix ends with a slash."""
    bucket, _, prefix = address.partition("://")[2].partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""


@functools.cache
def keep_client(url: str, access_key: str, secret: str) -> "S3Client":
    """Return a client of a store; it is kept, since making one is slow."""
    store = parse_bucket_address(url)
    return make_s3_client(
        endpoint_url=store.endpoint,
        region=store.region,
        access_key=access_key,
        secret=secret,
        is_guarded=False,
    )


@functools.cache
def keep_pool() -> ThreadPoolExecutor:
    """Return the threads of this process that ask stores."""
    return ThreadPoolExecutor(READERS, thread_name_prefix="objects")
