"""Looking around in the store of workspaces: for loading, for pages, for the doctor."""

import io
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from bagkit.errors import WorkspaceReadError
from bagkit.trees.reading import FolderEntry, FolderPage
from bagkit.trees.tree import ReadAtFile
from bagkit.trees.walk import EntryKind, Reason
from bookbag.outbound.object_addresses import parse_bucket_address
from bookbag.trees.objects import Path, keep_client, split_address
from bookbag.trees.reading import ObjectFile, translated_errors

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

READ_BUFFER_BYTES = 1 << 20


class ObjectStore:
    """The store that the options name; reads only."""

    def __init__(self, options: Mapping[str, str]) -> None:
        address = parse_bucket_address(options["url"])
        self._bucket = address.bucket
        self._home = f"{address.prefix}/" if address.prefix else ""
        self._client = keep_client(
            options["url"], options["access_key"], options["secret"]
        )

    def list_folders(self, place: str) -> list[str]:
        """Return the names of the folders in a place, sorted.

        Raises:
            OSError: If it may not be listed.
            SourceAwayError: If the store does not answer.
        """
        prefix = self._prefix_of(place)
        return sorted(
            found["Prefix"].removeprefix(prefix).rstrip("/")
            for page in self._iter_pages(prefix, "/")
            for found in page.get("CommonPrefixes", [])
            if found["Prefix"] != f"{prefix}/"
        )

    def iter_sizes(self, place: str) -> Iterator[tuple[str, int]]:
        """Yield path and size of every object below a place."""
        prefix = self._prefix_of(place)
        for page in self._iter_pages(prefix, ""):
            for found in page.get("Contents", []):
                yield found["Key"].removeprefix(prefix), found["Size"]

    def address_of(self, place: str) -> str:
        """Return what a project's row says of a place."""
        return f"s3://{self._bucket}/{self._prefix_of(place).rstrip('/')}"

    def has_files(self, address: str) -> bool:
        """Answer whether anything lies at an address.

        Raises:
            OSError: If it may not be listed.
            SourceAwayError: If the store does not answer.
        """
        bucket, prefix = split_address(address)
        if bucket != self._bucket or not prefix.startswith(self._home):
            return False
        pages = self._iter_pages(prefix, "")
        return bool(next(pages, {"KeyCount": 0})["KeyCount"])

    def list_entries(
        self, address: str, path: Path, *, offset: int, limit: int
    ) -> FolderPage:
        """Return some of the entries of a folder, folders first.

        Raises:
            WorkspaceReadError: If nothing lies there.
            OSError: If it may not be listed.
            SourceAwayError: If the store does not answer.
        """
        prefix = self._inside(address, path)
        entries: list[FolderEntry] = []
        is_there = False
        for page in self._iter_pages(prefix, "/"):
            is_there = is_there or bool(page["KeyCount"])
            entries += _iter_entries(page, prefix)
        if not is_there:
            raise WorkspaceReadError(Reason.VANISHED)
        entries.sort(key=lambda entry: (entry.kind is not EntryKind.FOLDER, entry.name))
        return FolderPage(
            entries=tuple(entries[offset : offset + limit]), entry_count=len(entries)
        )

    def open_entry(self, address: str, path: Path) -> BinaryIO:
        """Open a file for reading; it can seek.

        Raises:
            OSError: If it is missing or may not be read.
            SourceAwayError: If the store does not answer.
        """
        key = self._inside(address, path).removesuffix("/")
        file = ObjectFile(self._client, self._bucket, key)
        return io.BufferedReader(_ObjectSource(file), READ_BUFFER_BYTES)

    def _prefix_of(self, place: str) -> str:
        inner = place.strip("/")
        return f"{self._home}{inner}/" if inner else self._home

    def _inside(self, address: str, path: Path) -> str:
        bucket, prefix = split_address(address)
        if bucket != self._bucket or not prefix.startswith(self._home):
            raise WorkspaceReadError(Reason.UNREADABLE)
        return prefix + "".join(f"{os.fsdecode(name)}/" for name in path)

    def _iter_pages(
        self, prefix: str, delimiter: str
    ) -> "Iterator[ListObjectsV2OutputTypeDef]":
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, Delimiter=delimiter
        )
        with translated_errors(prefix):
            yield from pages


def _iter_entries(
    page: "ListObjectsV2OutputTypeDef", prefix: str
) -> Iterator[FolderEntry]:
    for found in page.get("CommonPrefixes", []):
        yield FolderEntry(
            name=found["Prefix"].removeprefix(prefix).rstrip("/").encode(),
            kind=EntryKind.FOLDER,
            size_bytes=0,
            modified_ns=0,
        )
    for entry in page.get("Contents", []):
        if not entry["Key"].endswith("/"):
            yield FolderEntry(
                name=entry["Key"].removeprefix(prefix).encode(),
                kind=EntryKind.FILE,
                size_bytes=entry["Size"],
                modified_ns=int(entry["LastModified"].timestamp()) * 1_000_000_000,
            )


class _ObjectSource(ReadAtFile):
    """An object as a file, which lets go of it when it is closed."""

    def __init__(self, file: ObjectFile) -> None:
        super().__init__(file.read_at, file.status.st_size)
        self._file = file

    def close(self) -> None:
        self._file.close()
        super().close()
