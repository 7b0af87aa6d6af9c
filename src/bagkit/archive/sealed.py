"""Comparing an archive with its receipt's seal, byte for byte.

Everything before the receipt is covered by two digests in it. What follows is so
little that it is made again, by the same functions that wrote it, and compared.
"""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bagkit.archive.reader import ZipEntry, ZipReader, open_regular_file
from bagkit.errors import BagkitError
from bagkit.packing.zip_records import (
    MemberHeader,
    central_header,
    end_of_central_directory,
    local_file_header,
    with_offset,
)
from bagkit.receipt import Receipt

READ_BYTES = 1 << 20
MAX_TAG_BYTES = 1 << 30
TAG_MANIFEST = "tagmanifest-sha256.txt"


def find_seal_faults(source: Path, receipt: Receipt) -> list[str]:
    """Return what differs between an archive and what its receipt sealed.

    Raises:
        OSError: If the archive cannot be read.
    """
    with open_regular_file(source) as (descriptor, archive_bytes):
        try:
            reader = ZipReader(descriptor, archive_bytes)
            return list(_SealCheck(descriptor, reader, receipt).iter_faults())
        except BagkitError as error:
            return [str(error)]


class _SealCheck:
    def __init__(self, descriptor: int, reader: ZipReader, receipt: Receipt) -> None:
        self._descriptor = descriptor
        self._reader = reader
        self._seal = receipt.seal
        self._made_seconds = int(
            datetime.fromisoformat(receipt.snapshot_at).timestamp()
        )
        self._directory = hashlib.sha256()
        self._tail: list[ZipEntry] = []
        self._tag_lines: list[str] = []
        self._count = 0

    def iter_faults(self) -> Iterator[str]:
        for entry in self._reader.iter_entries():
            self._note(entry)
        if self._directory.hexdigest() != self._seal.directory_sha256:
            yield "the directory of the archive is not the one that was sealed"
        if self._digest_start() != self._seal.sha256:
            yield "the archive is not the one that was sealed"
        if self._read_tail() != self._make_tail():
            yield "what follows the seal is not as it was written"

    def _note(self, entry: ZipEntry) -> None:
        self._count += 1
        path = entry.member.name.partition("/")[2]
        if entry.member.header_offset >= self._seal.bytes:
            self._tail.append(entry)
        else:
            self._directory.update(entry.central.raw)
        if not path.startswith("data/") and path not in ("", TAG_MANIFEST):
            digest = hashlib.sha256(self._content(entry)).hexdigest()
            self._tag_lines.append(f"{digest}  {path}\n")

    def _digest_start(self) -> str:
        digest, place = hashlib.sha256(), 0
        while place < self._seal.bytes:
            most = min(READ_BYTES, self._seal.bytes - place)
            piece = os.pread(self._descriptor, most, place)
            if not piece:
                break
            digest.update(piece)
            place += len(piece)
        return digest.hexdigest()

    def _read_tail(self) -> bytes:
        directory = self._reader.directory
        tail_bytes = directory.offset - self._seal.bytes
        records = b"".join(entry.central.raw for entry in self._tail)
        start = os.pread(self._descriptor, max(tail_bytes, 0), self._seal.bytes)
        return start + records + directory.closing

    def _make_tail(self) -> bytes:
        members, records, place = b"", b"", self._seal.bytes
        for entry in self._tail:
            content = self._content(entry)
            if entry.member.name.endswith(f"/{TAG_MANIFEST}"):
                content = "".join(self._tag_lines).encode()
            header = MemberHeader(
                name=entry.member.name.encode(),
                mode=stat.S_IFREG | 0o644,
                modified_seconds=self._made_seconds,
                crc32=zlib.crc32(content),
                size_bytes=len(content),
                compressed_bytes=len(content),
            )
            records += with_offset(central_header(header), place + len(members))
            members += local_file_header(header) + content
        directory = self._reader.directory
        closing = end_of_central_directory(
            member_count=self._count,
            directory_bytes=directory.size_bytes,
            directory_offset=self._seal.bytes + len(members),
        )
        return members + records + closing

    def _content(self, entry: ZipEntry) -> bytes:
        if entry.member.size_bytes > MAX_TAG_BYTES:
            return b""
        return b"".join(self._reader.iter_content(entry.member))
