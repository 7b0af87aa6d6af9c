"""Unpacking an archive that somebody else may have made.

Everything is checked before a byte is written; then it is written into a fresh private
folder that gets its name at the very end. Links are made last, so that nothing can be
written through one.

Source: lessons 3a; ADR 0042.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bagkit.archive.placing import (
    CheckedArchive,
    Placing,
    UnpackLimits,
    check_members,
    path_of,
    place_as_it_is,
    read_target,
)
from bagkit.archive.plan import Progress
from bagkit.archive.reader import (
    ArchiveMember,
    ArchiveReader,
    MemberKind,
    open_archive,
)
from bagkit.errors import TargetExistsError

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
DEFAULT_FILE_MODE = 0o644
DEFAULT_FOLDER_MODE = 0o755
PRIVATE = 0o700

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackSummary:
    """What was unpacked."""

    file_count: int
    folder_count: int
    link_count: int
    size_bytes: int


def unpack_archive(
    source: Path,
    target: Path,
    *,
    limits: UnpackLimits | None = None,
    place: Placing = place_as_it_is,
    on_progress: Listener = lambda _progress: None,
) -> UnpackSummary:
    """Unpack a ZIP, tar, tar.gz or tar.zst archive into a folder that is not there yet.

    Args:
        source: The archive; it may be malicious.
        target: The folder to make; its parent has to be there.
        limits: What the archive may unpack to.
        place: Where each member goes; by default where the archive has it. What it
            answers is checked like the archive itself.
        on_progress: Told about every member. When it raises, the error passes
            through.

    Raises:
        ArchiveFormatError: If it is no archive, damaged, or contradicts itself.
        UnsafeMemberError: If a member would be written where it must not be.
        UnsupportedMemberError: If a member is encrypted or of a kind that is not read.
        UnpackLimitError: If it would unpack to more than the limits allow.
        TargetExistsError: If the target is there already.
        OSError: If the disk refuses. Nothing is left behind in any of these cases.
    """
    chosen = limits or UnpackLimits()
    if os.path.lexists(target):
        message = f"Found something there already, expected nothing: {target.name!r}"
        raise TargetExistsError(message)
    with open_archive(source, max_members=chosen.max_members) as reader:
        checked = check_members(reader, chosen, place)
        with _private_folder(target) as folder:
            _Writer(reader, checked, os.fsencode(folder), on_progress).write(place)
    return _summarise(checked)


def check_archive(
    source: Path,
    *,
    limits: UnpackLimits | None = None,
    place: Placing = place_as_it_is,
    on_progress: Listener = lambda _progress: None,
) -> UnpackSummary:
    """Answer what an archive would unpack to, or refuse it; write nothing.

    Every byte of content is read and compared with its checksum, so that what passes
    here is not refused later.

    Args:
        source: The archive; it may be malicious.
        limits: What the archive may unpack to.
        place: Where each member would go.
        on_progress: Told about every member.

    Raises:
        BagkitError: As ``unpack_archive`` does.
        OSError: If the archive cannot be read.
    """
    chosen = limits or UnpackLimits()
    members = size_bytes = 0
    with open_archive(source, max_members=chosen.max_members) as reader:

        def read(member: ArchiveMember) -> None:
            nonlocal members, size_bytes
            if member.kind is MemberKind.FILE:
                size_bytes += sum(len(piece) for piece in reader.iter_content(member))
            members += 1
            on_progress(_progress("checking", members, size_bytes, 0, 0))

        checked = check_members(reader, chosen, place, read)
    return _summarise(checked)


def _summarise(checked: CheckedArchive) -> UnpackSummary:
    placed = checked.placed
    links = sum(m.kind is MemberKind.LINK for m in placed.leaves.values())
    return UnpackSummary(
        file_count=len(placed.leaves) - links,
        folder_count=len(placed.folders),
        link_count=links,
        size_bytes=checked.size_bytes,
    )


def _progress(
    phase: str, members: int, size_bytes: int, member_total: int, byte_total: int
) -> Progress:
    return Progress(
        phase=phase,
        members_done=members,
        members_total=member_total,
        bytes_done=size_bytes,
        bytes_total=byte_total,
    )


@contextmanager
def _private_folder(target: Path) -> Iterator[Path]:
    folder = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    folder.mkdir(mode=PRIVATE)
    try:
        yield folder
        # The target was not there; if it is now, an empty folder is replaced by the
        # system and anything else is an error.
        folder.rename(target)
    except BaseException:
        remove_tree(folder)
        raise


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, also what its modes protect."""
    for where, names, _files in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(where, name)  # noqa: PTH118 - names are bytes
            if not os.path.islink(path):  # noqa: PTH114
                os.chmod(path, PRIVATE)  # noqa: PTH101
    shutil.rmtree(folder)


class _Writer:
    def __init__(
        self,
        reader: ArchiveReader,
        checked: CheckedArchive,
        folder: bytes,
        on_progress: Listener,
    ) -> None:
        self._reader = reader
        self._tree = checked.placed
        self._byte_total = checked.size_bytes
        self._folder = folder
        self._on_progress = on_progress
        self._member_count = self._byte_count = 0

    def write(self, place: Placing) -> None:
        for name in sorted(self._tree.folders):
            if name != b".":
                os.mkdir(self._path(name), PRIVATE)  # noqa: PTH102 - names are bytes
        links: list[tuple[bytes, bytes, ArchiveMember]] = []
        for member in self._reader.iter_members():
            found = place(path_of(member))
            if found is None or member.kind is MemberKind.FOLDER:
                continue
            if member.kind is MemberKind.FILE:
                self._write_file(member, self._path(found.whole))
            else:
                target = read_target(self._reader, member)
                links.append((self._path(found.whole), target, member))
        for path, target, member in links:
            os.symlink(target, path)  # noqa: PTH211 - names are bytes
            _set_time(path, member)
        for name in sorted(self._tree.folders, reverse=True):
            _describe_folder(self._path(name), self._tree.folders[name])

    def _path(self, name: bytes) -> bytes:
        return os.path.join(self._folder, name)  # noqa: PTH118 - names are bytes

    def _write_file(self, member: ArchiveMember, path: bytes) -> None:
        # Set-user and set-group bits are nobody's to hand over.
        mode = stat.S_IMODE(member.mode) & 0o777 or DEFAULT_FILE_MODE
        with os.fdopen(os.open(path, CREATE, 0o600), "wb") as file:
            for piece in self._reader.iter_content(member):
                file.write(piece)
                self._byte_count += len(piece)
                self._report()
            os.fchmod(file.fileno(), mode)
        _set_time(path, member)
        self._member_count += 1
        self._report()

    def _report(self) -> None:
        total = len(self._tree.leaves)
        self._on_progress(
            _progress(
                "unpacking",
                self._member_count,
                self._byte_count,
                total,
                self._byte_total,
            )
        )


def _describe_folder(path: bytes, member: ArchiveMember | None) -> None:
    if member is None:
        os.chmod(path, DEFAULT_FOLDER_MODE)  # noqa: PTH101 - names are bytes
        return
    _set_time(path, member)
    mode = stat.S_IMODE(member.mode) & 0o777 or DEFAULT_FOLDER_MODE
    os.chmod(path, mode)  # noqa: PTH101 - names are bytes


def _set_time(path: bytes, member: ArchiveMember) -> None:
    seconds = int(member.modified_at.timestamp())
    os.utime(path, (seconds, seconds), follow_symlinks=False)
