"""One archive that several machines write: shards of it, and the baton between them.

A shard is a run of workspaces. Packing one needs nothing of the others, so all are
packed at a time. What depends on the order is little and quick: where the archive has
come to, its digest, and which texts its page shows. That is the baton, which the writer
of one shard hands to the writer of the next.

Source: ADR 0125.
"""

import marshal
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from bagkit.archive.viewing import PartReader
from bagkit.errors import StagedWriteError
from bagkit.packing.archive_writers import READ_BYTES, ByteSink
from bagkit.packing.handed_digest import HandedDigest
from bagkit.packing.pool import PackedPart, PackingPool, PackingTask, count_processes
from bagkit.packing.workspace_parts import PackedWorkspace
from bagkit.viewer import PageState, ViewerPage

MOST_SHARDS = 200


def count_per_shard(workspaces: int, wanted: int) -> int:
    """Return how many workspaces a shard has; 0 when the archive is not worth any.

    Args:
        workspaces: How many the archive has.
        wanted: How many a shard should have; 0 for no shards.
    """
    if not wanted or workspaces <= 2 * wanted:
        return 0
    return max(wanted, -(-workspaces // MOST_SHARDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Baton:
    """How far an archive has come.

    Units: bytes.
    """

    position: int
    digest: bytes
    """The state of the SHA-256 of all that is before."""
    page: PageState
    """Which texts the page shows so far."""

    def to_fields(self) -> tuple[Any, ...]:
        """Return plain values."""
        return (self.position, self.digest, *astuple(self.page))

    @classmethod
    def from_fields(cls, fields: Sequence[Any]) -> Self:
        """Return what plain values say."""
        position, digest, *page = fields
        return cls(position=position, digest=digest, page=PageState(*page))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedNote:
    """What is known of a workspace that was packed elsewhere, without its bytes."""

    packed: PackedWorkspace
    files: bytes
    """Its line of the page's files."""
    texts: bytes
    """The lines of texts that the page shows of it."""


class PackedElsewhere(Protocol):
    """Other machines that pack workspaces and put them into the archive."""

    def pack(self, tasks: Sequence[PackingTask], start: Baton) -> Iterator[PackedNote]:
        """Yield what is known of the workspaces, in the order of the tasks."""

    def end(self) -> Baton:
        """Return where the archive has come to when all are packed."""


def pack_shard(
    tasks: Sequence[PackingTask],
    folder: Path,
    sink: ByteSink,
    *,
    processes: int | None = None,
    on_part: Callable[[PackedPart], None] = lambda _part: None,
) -> list[PackedPart]:
    """Pack a run of workspaces, and hand their bytes to a sink meanwhile.

    Args:
        tasks: The workspaces.
        folder: Where segments go; they stay until the shard is handed on.
        sink: Takes what the archive will hold of them.
        processes: Packing processes; by default one for each core.
        on_part: Told about every workspace; what it raises passes through.

    Raises:
        PackingError: If a packing process died.
        StagedWriteError: If a segment could not be written.
    """
    count = count_processes(tasks) if processes is None else processes
    parts = []
    with PackingPool(folder / "segment", count) as pool:
        for part in pool.pack(tasks):
            for piece in _iter_pieces(part):
                sink.write(piece)
            parts.append(part)
            on_part(part)
    return parts


def hand_on_shard(
    parts: Sequence[PackedPart], start: Baton, folder: Path
) -> tuple[Baton, list[PackedNote]]:
    """Do for a shard what depends on those before it.

    Args:
        parts: What ``pack_shard`` returned; the segments are read once more.
        start: The baton of the shard before.
        folder: Where the page's texts are gathered.

    Returns:
        The baton for the next shard, and what is known of each workspace.
    """
    digest, position = HandedDigest(start.digest), start.position
    notes = []
    with ViewerPage(folder) as page:
        page.go_on(start.page)
        for part in parts:
            for piece in _iter_pieces(part):
                digest.update(piece)
            position += part.packed.length
            page.add_workspace(part.packed.files, PartReader(part), position)
            files, texts = page.take_lines()
            notes.append(PackedNote(packed=part.packed, files=files, texts=texts))
        end = Baton(position=position, digest=digest.hand_on(), page=page.hand_on())
    return end, notes


def encode_shard(end: Baton, notes: Sequence[PackedNote]) -> bytes:
    """Return a shard's baton and notes as bytes."""
    listed = [(note.packed.to_fields(), note.files, note.texts) for note in notes]
    return marshal.dumps((end.to_fields(), listed))


def decode_shard(content: bytes) -> tuple[Baton, list[PackedNote]]:
    """Return what ``encode_shard`` was given."""
    end, listed = marshal.loads(content)  # noqa: S302 - written by this very program
    notes = [
        PackedNote(packed=PackedWorkspace(*fields), files=files, texts=texts)
        for fields, files, texts in listed
    ]
    return Baton.from_fields(end), notes


def _iter_pieces(part: PackedPart) -> Iterator[bytes]:
    place, left = part.start, part.packed.length
    descriptor = os.open(part.segment, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while left:
            piece = os.pread(descriptor, min(left, READ_BYTES), place)
            if not piece:
                message = f"Found the end of a segment, expected {left} bytes more"
                raise StagedWriteError(message)
            yield piece
            place, left = place + len(piece), left - len(piece)
    finally:
        os.close(descriptor)
