"""What a workspace would be in an archive, without writing one.

It is packed by the same code, into a writer that keeps nothing, so that it can be
compared with a receipt's cell.
"""

import hashlib
from dataclasses import dataclass

from bagkit.packing.member_writer import (
    PIECE_BYTES,
    ChangedWhileReadError,
    MemberWriter,
)
from bagkit.packing.scanned import Reading
from bagkit.packing.workspace import pack_workspace
from bagkit.packing.zip_records import MemberHeader
from bagkit.trees.tree import ReadAt, TreeOpener

NOWHERE = -1
NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceDigest:
    """A workspace as a receipt's cell would have it.

    Units: bytes of content.
    """

    digest: str
    file_count: int
    size_bytes: int
    failure: str
    """Why it could not be read, if so."""


def digest_workspace(
    root: str, prefix: str, opener: TreeOpener | None = None
) -> WorkspaceDigest:
    """Return what a receipt would say of a workspace.

    Args:
        root: The workspace's folder or address; it may be hostile.
        prefix: Its path in the archive, with a slash at the end; names that are too
            long depend on it.
        opener: What opens addresses.
    """
    packed = pack_workspace(
        _Digester(),
        root,
        prefix,
        max_file_bytes=NO_LIMIT,
        reading=Reading(opener=opener),
    )
    return WorkspaceDigest(
        digest=packed.digest,
        file_count=packed.file_count,
        size_bytes=packed.size_bytes,
        failure=packed.failure,
    )


class _Digester(MemberWriter):
    """Takes members, and keeps nothing but their digests."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)

    def add_member(self, header: MemberHeader, stored: bytes) -> int:
        return 0

    def add_content(self, header: MemberHeader, content: bytes) -> tuple[int, str]:
        return 0, hashlib.sha256(content).hexdigest()

    def add_stream(self, header: MemberHeader, read_at: ReadAt) -> tuple[int, str]:
        digest, done = hashlib.sha256(), 0
        while piece := read_at(PIECE_BYTES, done):
            digest.update(piece)
            done += len(piece)
            if done > header.size_bytes:
                break
        if done != header.size_bytes:
            raise ChangedWhileReadError
        return 0, digest.hexdigest()
