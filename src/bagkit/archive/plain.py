"""One workspace, or a folder of it, as a plain ZIP: files at the top, nothing else.

It is packed as archives of courses are: the same names, modes, times and links. What
could not be read is told to the caller, who has to say so.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bagkit.archive.scan_count import ScanCount
from bagkit.errors import WorkspaceReadError
from bagkit.identities.scanning import FileScanner, ScanRules
from bagkit.packing.member_writer import MemberWriter
from bagkit.packing.scanned import Reading
from bagkit.packing.workspace import pack_workspace
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.packing.zip_records import end_of_central_directory, with_offset
from bagkit.trees.reading import Path as FolderPath
from bagkit.trees.reading import open_folder
from bagkit.trees.tree import TreeOpener, is_address

OWNER_ONLY = 0o600
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainResult:
    """What a plain archive holds.

    Units: bytes.
    """

    sha256: str
    size_bytes: int
    file_count: int
    payload_bytes: int
    problems: tuple[tuple[str, str], ...]
    """Escaped path, and reason, of everything that could not be read."""
    renamed: tuple[tuple[str, str], ...]
    """Escaped original path, and portable path, where they differ."""
    scanned: ScanCount
    """Whom its files name, when that was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReading:
    """How a workspace is reached, and whom to look for in its files."""

    opener: TreeOpener | None = None
    """What opens addresses."""
    scan: ScanRules | None = None


AS_IT_IS = PlainReading()


def write_plain(
    root: str | os.PathLike[str],
    folder: FolderPath,
    target: Path,
    *,
    top: str,
    max_file_bytes: int,
    reading: PlainReading = AS_IT_IS,
) -> PlainResult:
    """Write a workspace, or a folder of it, as a ZIP.

    Args:
        root: The workspace's folder or address; it may be hostile.
        folder: The folder below it; empty for all of it.
        target: The file to write; nobody else may see it yet.
        top: The name of the one folder in the ZIP; portable.
        max_file_bytes: Larger files are left out, with a problem.
        reading: What opens addresses, and whom to look for.

    Raises:
        WorkspaceReadError: If the folder cannot be read at all.
        StagedWriteError: If the file cannot be written.
    """
    with open_staged(target) as descriptor:
        writer = MemberWriter(descriptor)
        prepared = prepare_reading(reading, target)
        with open_part(root, folder, reading.opener) as part:
            packed = pack_part(writer, part, f"{top}/", max_file_bytes, prepared)
        directory = b"".join(
            with_offset(record, offset)
            for record, offset in zip(packed.records, packed.offsets, strict=True)
        )
        start = writer.position
        writer.append(directory)
        writer.append(
            end_of_central_directory(
                member_count=len(packed.records),
                directory_bytes=len(directory),
                directory_offset=start,
            )
        )
        writer.flush()
    return describe_packed(packed, target, reading)


@contextmanager
def open_staged(target: Path) -> Iterator[int]:
    """Open a file that is to be written, for the time of a block."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(target, flags, OWNER_ONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def open_part(
    root: str | os.PathLike[str], folder: FolderPath, opener: TreeOpener | None
) -> Iterator[str | int]:
    """Return what to pack of a workspace: an open folder of it, or its address.

    Raises:
        WorkspaceReadError: If the folder cannot be read at all.
    """
    if isinstance(root, str) and is_address(root) and opener is not None:
        yield "/".join((root.rstrip("/"), *(os.fsdecode(name) for name in folder)))
        return
    with open_folder(root, folder) as opened:
        yield opened


def prepare_reading(reading: PlainReading, target: Path) -> Reading:
    """Return how to read, with a scanner that keeps nothing but beside the target."""
    scan = reading.scan
    scanner = None if scan is None else FileScanner(scan, target.parent)
    return Reading(opener=reading.opener, scanner=scanner)


def pack_part(
    writer: MemberWriter,
    part: str | int,
    prefix: str,
    max_file_bytes: int,
    reading: Reading,
) -> PackedWorkspace:
    """Append a part of a workspace to an archive.

    Raises:
        WorkspaceReadError: If it cannot be read at all.
        StagedWriteError: If the archive cannot be written.
        SourceAwayError: If the place of an address does not answer.
    """
    packed = pack_workspace(
        writer,
        part,
        prefix,
        max_file_bytes=max_file_bytes,
        reading=reading,
    )
    if packed.failure and not packed.records:
        raise WorkspaceReadError(packed.failure)
    return packed


def describe_packed(
    packed: PackedWorkspace, target: Path, reading: PlainReading
) -> PlainResult:
    """Return what an archive holds that was just written."""
    scanned = ScanCount(reading.scan)
    scanned.note((), packed)
    with target.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return PlainResult(
        sha256=sha256,
        size_bytes=target.stat().st_size,
        file_count=packed.file_count,
        payload_bytes=packed.size_bytes,
        problems=tuple(packed.problems),
        renamed=tuple(packed.renamed),
        scanned=scanned,
    )
