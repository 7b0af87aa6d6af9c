"""What is known of a workspace once it is packed."""

import os
from dataclasses import dataclass, field, fields

Signature = tuple[int, int, int, int, int]
"""Size, time of change, time of the inode's change (both in ns), inode, device."""


@dataclass(slots=True)
class PackedWorkspace:
    """One workspace as it stands in a segment, ready to be sent between processes.

    Units: sizes in bytes; offsets from the start of the workspace's part.
    """

    length: int = 0
    records: list[bytes] = field(default_factory=list)
    """Central records without offsets, in the order of the part."""
    offsets: list[int] = field(default_factory=list)
    manifest: list[bytes] = field(default_factory=list)
    """Lines of the manifest, paths relative to the bag."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Escaped path in the workspace, and reason."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """Escaped original path, and portable path, where they differ."""
    file_count: int = 0
    size_bytes: int = 0
    links: list[tuple[str, str]] = field(default_factory=list)
    """Path below the workspace's folder, and target, of every link."""
    failure: str = ""
    """Why the workspace as a whole could not be read."""
    digest: str = ""
    """SHA-256 of the workspace's manifest lines, with paths inside it."""
    signatures: list[tuple[Signature, str] | None] = field(default_factory=list)
    """Of each record's file what it was, and its SHA-256; None for what is no file,
    and for a file that had changed just before it was read."""
    reused_count: int = 0
    """Files that were copied from an earlier archive."""
    files: list[tuple[str, int, str] | None] = field(default_factory=list)
    """Of each record's file its path in the workspace's folder, size and SHA-256;
    None for what is no file."""

    identities: list[tuple[str, str, int, str, str]] = field(default_factory=list)
    """Whom files name: path, kind, how many, what was done, and where or why."""
    unsearched: dict[str, int] = field(default_factory=dict)
    """Files in which nobody could be looked for, by reason."""

    def to_fields(self) -> tuple[object, ...]:
        """Return the values of all fields in order, without copying their lists."""
        return tuple(getattr(self, name) for name in _FIELD_NAMES)


_FIELD_NAMES = tuple(field.name for field in fields(PackedWorkspace))


def sign_file(status: os.stat_result) -> Signature:
    """Return what tells a file from itself after a change."""
    return (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )
