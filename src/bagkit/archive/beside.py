"""Where an archive goes, and what lies beside it: its index, and what is half done."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bagkit.archive.plan import ArchiveStream
from bagkit.packing.archive_writers import (
    ArchiveWriter,
    FileArchive,
    SharedArchive,
    StreamedArchive,
)


def open_archive(
    target: Path, stream: ArchiveStream | None, folder: Path
) -> ArchiveWriter:
    """Return what writes an archive: away to a stream if there is one."""
    if stream is None:
        return FileArchive(target)
    if stream.elsewhere is None:
        return StreamedArchive(stream.sink, folder)
    return SharedArchive(stream.sink, folder)


def index_of(archive: Path) -> Path:
    """Return where the index of an archive is, which says what can be reused."""
    return archive.with_name(f"{archive.name}.index")


def discard_parts(target: Path) -> None:
    """Remove what a writer that did not finish has left beside its target."""
    shutil.rmtree(_parts_of(target), ignore_errors=True)


def take_over_parts(target: Path, resume_from: Sequence[Path]) -> Path:
    """Return the folder beside a target, perhaps taken over from an earlier one."""
    folder = _parts_of(target)
    for earlier in (target, *resume_from):
        if earlier != target and _parts_of(earlier).exists() and not folder.exists():
            # Renamed, so that a writer that was only frozen finds nothing any more.
            _parts_of(earlier).rename(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _parts_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.parts")
