"""What has been packed already, so that a writer that was killed can go on.

Each finished workspace is noted with its place in a segment. A later writer takes over
the folder, believes only notes that are whole and parts that are still what they were,
and packs the rest into segments of its own.

Source: ADR 0023.
"""

import marshal
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bagkit.packing.pool import PackedPart, PackingTask
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.packing.zip_records import MARK_32, STORED

_HEAD = struct.Struct("<2L")
_CENTRAL_NUMBERS = struct.Struct("<H4xLLL")
"""Method, CRC-32, compressed size, size; from byte 10 of a central record."""


class PackingJournal:
    """The notes of one writer, in the folder of its segments.

    Invariants: a context manager, used by one thread; each writer begins a journal of
    its own, so that one that was only frozen cannot write into it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = len(list(folder.glob("journal-*")))
        self._file = (folder / f"journal-{self._number}").open("xb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def segment_prefix(self) -> str:
        """What the names of this writer's segments start with."""
        return f"segment-{self._number}"

    def note(self, task: PackingTask, part: PackedPart) -> None:
        """Note a workspace whose part of a segment is written."""
        key = (task.root, task.prefix, task.max_file_bytes, task.scan)
        place = (part.segment.name, part.start)
        note = (*key, *place, part.packed.to_fields())
        body = marshal.dumps(note)  # type: ignore[arg-type]  # plain values only
        self._file.write(_HEAD.pack(len(body), zlib.crc32(body)) + body)

    def load_earlier(self) -> dict[PackingTask, PackedPart]:
        """Return what earlier writers noted and is still there, unharmed."""
        found = {}
        for number in range(self._number):
            content = (self._folder / f"journal-{number}").read_bytes()
            for root, prefix, limit, scan, name, start, fields in _iter_notes(content):
                task = PackingTask(
                    root=root, prefix=prefix, max_file_bytes=limit, scan=scan
                )
                part = PackedPart(
                    packed=PackedWorkspace(*fields),
                    segment=self._folder / name,
                    start=start,
                )
                if _is_intact(part):
                    found[task] = part
        return found


def _iter_notes(content: bytes) -> Iterator[tuple[Any, ...]]:
    place = 0
    while place + _HEAD.size <= len(content):
        length, crc32 = _HEAD.unpack_from(content, place)
        body = content[place + _HEAD.size : place + _HEAD.size + length]
        if len(body) < length or zlib.crc32(body) != crc32:
            return  # the writer was killed in the middle of it
        yield marshal.loads(body)  # noqa: S302 - written by this very program
        place += _HEAD.size + length


def _is_intact(part: PackedPart) -> bool:
    packed = part.packed
    try:
        descriptor = os.open(part.segment, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return all(
            _is_member_intact(descriptor, part.start + offset, record)
            for record, offset in zip(packed.records, packed.offsets, strict=True)
        )
    finally:
        os.close(descriptor)


def _is_member_intact(descriptor: int, start: int, record: bytes) -> bool:
    # Both headers have the same fields in the same order, and ours the same extras.
    header = b"PK\x03\x04" + record[6:32] + record[46:]
    method, crc32, compressed, _size = _CENTRAL_NUMBERS.unpack_from(record, 10)
    if compressed == MARK_32:
        return False  # over 4 GiB: packing it again is simpler than this exception
    found = os.pread(descriptor, len(header) + compressed, start)
    if not found.startswith(header) or len(found) < len(header) + compressed:
        return False
    content = found[len(header) :]
    try:
        plain = content if method == STORED else zlib.decompress(content, -15)
    except zlib.error:
        return False
    return bool(zlib.crc32(plain) == crc32)
