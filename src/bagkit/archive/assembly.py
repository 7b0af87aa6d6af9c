"""Putting members into one archive: their places, the manifest and the directory."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bagkit.packing.archive_writers import ArchiveWriter
from bagkit.packing.compression import SMALL_BYTES
from bagkit.packing.pool import PackedPart
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.packing.zip_records import (
    STORED,
    MemberHeader,
    central_header,
    end_of_central_directory,
    with_offset,
)
from bagkit.receipt import ArchiveSeal
from bagkit.trees.tree import read_from

READ_BYTES = 1 << 20


class ArchiveAssembler:
    """Writes an archive from front to back; it closes the writer.

    The central directory and the manifest are spooled to files, so that memory does
    not grow with the number of members.

    Invariants: a context manager, used by one thread; ``close_archive`` is the last
    call. Paths are relative to the bag's top folder.
    """

    def __init__(
        self, writer: ArchiveWriter, folder: Path, *, top: str, made_at: datetime
    ) -> None:
        self._writer = writer
        self._directory = (folder / "central-directory").open("w+b")
        self._manifest = (folder / "manifest").open("w+b")
        self._folder = folder
        self._top = top
        self._made_seconds = int(made_at.timestamp())
        self._tag_lines: list[str] = []
        self._segment: tuple[Path, int] | None = None
        self.member_count = 0
        self.payload_count = 0
        self.payload_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._directory.close()
        self._manifest.close()
        if self._segment is not None:
            os.close(self._segment[1])
        self._writer.close()

    @property
    def position(self) -> int:
        """How large the archive is so far, in bytes."""
        return self._writer.position

    def add_tag_file(self, path: str, content: bytes) -> str:
        """Add a file that describes the bag, and return its SHA-256."""
        header = self._file_header(path)
        start, sha256 = self._writer.add_content(header, content)
        self._note(header, start)
        self._tag_lines.append(f"{sha256}  {path}\n")
        return sha256

    def add_stored_tag_file(self, path: str, content: bytes) -> None:
        """Add a file that describes the bag without compressing it.

        What follows the seal is stored: a deflated stream can be spelled in several
        ways, and no digest covers which one it was.
        """
        header = self._stored_header(path, content)
        self._note(header, self._writer.add_member(header, content))
        self._tag_lines.append(f"{hashlib.sha256(content).hexdigest()}  {path}\n")

    def add_payload(self, path: str, content: bytes) -> None:
        """Add a small file below ``data/``."""
        header = self._file_header(path)
        start, sha256 = self._writer.add_content(header, content)
        self._note_payload(header, start, sha256, path)

    def add_payload_file(self, path: str, source: BinaryIO) -> None:
        """Add a file of any size below ``data/`` from one that is open."""
        size_bytes = source.seek(0, os.SEEK_END)
        if size_bytes <= SMALL_BYTES:
            source.seek(0)
            self.add_payload(path, source.read())
            return
        header = self._file_header(path)
        header.size_bytes = size_bytes
        start, sha256 = self._writer.add_stream(header, read_from(source))
        self._note_payload(header, start, sha256, path)

    def add_part(self, part: PackedPart) -> int:
        """Add a packed workspace by copying its part of a segment.

        Returns:
            Where it starts in the archive.
        """
        base = self._writer.position
        length = part.packed.length
        self._writer.append_range(self._open_segment(part), part.start, length)
        self.note_packed(part.packed, base)
        return base

    def note_packed(self, packed: PackedWorkspace, base: int) -> None:
        """Note a packed workspace that starts at ``base`` of the archive."""
        self._directory.writelines(
            with_offset(record, base + offset)
            for record, offset in zip(packed.records, packed.offsets, strict=True)
        )
        self._manifest.writelines(packed.manifest)
        self.member_count += len(packed.records)
        self.payload_count += len(packed.manifest)
        self.payload_bytes += packed.size_bytes

    def add_manifest(self) -> str:
        """Add the manifest of all that is below ``data/``, and return its SHA-256."""
        return self.add_tag_stream("manifest-sha256.txt", self._manifest)

    def add_tag_stream(self, path: str, source: BinaryIO) -> str:
        """Add a file of any size that describes the bag, and return its SHA-256."""
        source.flush()
        size_bytes = source.seek(0, os.SEEK_END)
        if size_bytes <= SMALL_BYTES:
            source.seek(0)
            return self.add_tag_file(path, source.read())
        header = self._file_header(path)
        header.size_bytes = size_bytes
        start, sha256 = self._writer.add_stream(header, read_from(source))
        self._note(header, start)
        self._tag_lines.append(f"{sha256}  {path}\n")
        return sha256

    def add_tag_manifest(self) -> None:
        """Add the manifest of the files that describe the bag."""
        content = "".join(self._tag_lines).encode()
        header = self._stored_header("tagmanifest-sha256.txt", content)
        self._note(header, self._writer.add_member(header, content))

    def seal(self) -> ArchiveSeal:
        """Return the digests of everything that was added so far."""
        sha256, size_bytes = self._writer.digest_all()
        self._directory.flush()
        directory = hashlib.sha256()
        self._directory.seek(0)
        while piece := self._directory.read(READ_BYTES):
            directory.update(piece)
        return ArchiveSeal(
            bytes=size_bytes,
            sha256=sha256,
            directory_sha256=directory.hexdigest(),
        )

    def close_archive(self) -> tuple[str, int]:
        """Write the central directory and return the archive's SHA-256 and size."""
        directory_offset = self._writer.position
        self._directory.flush()
        directory_bytes = self._directory.seek(0, os.SEEK_END)
        self._writer.append_range(self._directory.fileno(), 0, directory_bytes)
        self._writer.append(
            end_of_central_directory(
                member_count=self.member_count,
                directory_bytes=directory_bytes,
                directory_offset=directory_offset,
            )
        )
        return self._writer.digest_all()

    def _file_header(self, path: str) -> MemberHeader:
        return MemberHeader(
            name=f"{self._top}/{path}".encode(),
            mode=stat.S_IFREG | 0o644,
            modified_seconds=self._made_seconds,
        )

    def _stored_header(self, path: str, content: bytes) -> MemberHeader:
        header = self._file_header(path)
        header.method = STORED
        header.crc32 = zlib.crc32(content)
        header.size_bytes = header.compressed_bytes = len(content)
        return header

    def _note_payload(
        self, header: MemberHeader, start: int, sha256: str, path: str
    ) -> None:
        self._note(header, start)
        self._manifest.write(f"{sha256}  {path}\n".encode())
        self.payload_count += 1
        self.payload_bytes += header.size_bytes

    def _note(self, header: MemberHeader, start: int) -> None:
        self._directory.write(with_offset(central_header(header), start))
        self.member_count += 1

    def _open_segment(self, part: PackedPart) -> int:
        # Parts come in an order where each process's segments follow one another,
        # but those of several processes are mixed; opening is cheap.
        if self._segment is not None:
            if self._segment[0] == part.segment:
                return self._segment[1]
            os.close(self._segment[1])
        self._segment = (part.segment, os.open(part.segment, os.O_RDONLY))
        return self._segment[1]


def join_lines(lines: Iterable[str]) -> bytes:
    """Return lines as the bytes of a tag file."""
    return "".join(f"{line}\n" for line in lines).encode()
