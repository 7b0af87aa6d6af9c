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
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bagkit.archive.reader import (
    MAX_LINK_BYTES,
    ArchiveMember,
    ArchiveReader,
    MemberKind,
    open_archive,
)
from bagkit.errors import TargetExistsError, UnpackLimitError, UnsafeMemberError
from bagkit.trees.walk import link_stays_inside

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
DEFAULT_FILE_MODE = 0o644
DEFAULT_FOLDER_MODE = 0o755
PRIVATE = 0o700
FREE_BYTES = 64 << 20
"""Up to this size an archive may shrink as much as it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """What one archive may unpack to.

    Units: sizes in bytes.
    """

    max_members: int = 1_000_000
    max_bytes: int = 1 << 40
    """Of all files together."""
    max_file_bytes: int = 1 << 36
    max_ratio: int = 200
    """Content to archive, once the content is larger than ``FREE_BYTES``."""
    max_depth: int = 200
    """Names in a path."""
    max_path_bytes: int = 4000
    max_name_bytes: int = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackSummary:
    """What was unpacked."""

    file_count: int
    folder_count: int
    link_count: int
    size_bytes: int


@dataclass(slots=True)
class _Checked:
    """What the first pass learned, in the archive's order."""

    folders: dict[str, ArchiveMember | None] = field(default_factory=dict)
    leaves: dict[str, ArchiveMember] = field(default_factory=dict)
    """Files and links."""
    size_bytes: int = 0


def unpack_archive(
    source: Path, target: Path, *, limits: UnpackLimits | None = None
) -> UnpackSummary:
    """Unpack a ZIP, tar, tar.gz or tar.zst archive into a folder that is not there yet.

    Args:
        source: The archive; it may be malicious.
        target: The folder to make; its parent has to be there.
        limits: What the archive may unpack to.

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
        checked = check_members(reader, chosen)
        with _private_folder(target) as folder:
            _write_all(reader, checked, folder)
    links = sum(m.kind is MemberKind.LINK for m in checked.leaves.values())
    return UnpackSummary(
        file_count=len(checked.leaves) - links,
        folder_count=len(checked.folders),
        link_count=links,
        size_bytes=checked.size_bytes,
    )


def check_members(reader: ArchiveReader, limits: UnpackLimits) -> _Checked:
    """Go through an archive once and refuse it as a whole when anything is wrong.

    Raises:
        UnsafeMemberError: If a name or a link leads elsewhere or collides.
        UnpackLimitError: If a number is over its limit.
    """
    checked = _Checked()
    for member in reader.iter_members():
        path = _check_name(member, limits)
        _check_size(checked, member, reader.archive_bytes, limits)
        if path in checked.leaves or checked.folders.get(path) is not None:
            _refuse(member, "a second member of that name")
        if member.kind is MemberKind.FOLDER:
            checked.folders[path] = member
        else:
            if path in checked.folders:
                _refuse(member, "a file where there is a folder")
            checked.leaves[path] = member
        if member.kind is MemberKind.LINK:
            _check_target(member, path, _read_target(reader, member))
        for parent in _iter_parents(path):
            checked.folders.setdefault(parent, None)
    for parent in checked.folders:
        if parent in checked.leaves:
            _refuse(checked.leaves[parent], "a file or link that others lie below")
    return checked


def _check_name(member: ArchiveMember, limits: UnpackLimits) -> str:
    path = member.name.rstrip("/") if member.kind is MemberKind.FOLDER else member.name
    path = path.removeprefix("./")
    if path in ("", ".") and member.kind is MemberKind.FOLDER:
        return "."
    names = path.split("/")
    if "\\" in path or path.startswith("/") or path[1:2] == ":":
        _refuse(member, "an absolute path or a backslash")
    if any(name in ("", ".", "..") for name in names):
        _refuse(member, "a path that goes up or has empty names")
    if any(unicodedata.category(c) == "Cc" for c in path):
        _refuse(member, "control characters in its name")
    encoded = [len(os.fsencode(name)) for name in names]
    if len(names) > limits.max_depth:
        _exceed(member, f"{len(names)} names in a path", limits.max_depth)
    if max(encoded) > limits.max_name_bytes:
        _exceed(member, f"a name of {max(encoded)} bytes", limits.max_name_bytes)
    if sum(encoded) + len(names) > limits.max_path_bytes:
        _exceed(member, f"a path of {sum(encoded)} bytes", limits.max_path_bytes)
    return path


def _check_size(
    checked: _Checked, member: ArchiveMember, archive_bytes: int, limits: UnpackLimits
) -> None:
    checked.size_bytes += member.size_bytes
    if member.size_bytes > limits.max_file_bytes:
        _exceed(member, f"a file of {member.size_bytes} bytes", limits.max_file_bytes)
    if checked.size_bytes > limits.max_bytes:
        _exceed(member, f"{checked.size_bytes} bytes in all", limits.max_bytes)
    most = max(FREE_BYTES, archive_bytes * limits.max_ratio)
    if checked.size_bytes > most:
        _exceed(member, f"{checked.size_bytes} bytes in {archive_bytes}", most)


def _check_target(member: ArchiveMember, path: str, target: bytes) -> None:
    if b"\\" in target or not link_stays_inside(target, path.count("/")):
        _refuse(member, "a link that leads out of the archive")


def _read_target(reader: ArchiveReader, member: ArchiveMember) -> bytes:
    if member.link_target:
        return os.fsencode(member.link_target)
    if member.size_bytes > MAX_LINK_BYTES:
        _exceed(member, f"a link of {member.size_bytes} bytes", MAX_LINK_BYTES)
    return b"".join(reader.iter_content(member))


def _iter_parents(path: str) -> Iterator[str]:
    place = path.rfind("/")
    while place > 0:
        yield path[:place]
        place = path.rfind("/", 0, place)


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
        shutil.rmtree(folder, onerror=_make_writable)
        raise


def _make_writable(
    function: Callable[[str], object], path: str, _error: object
) -> None:
    Path(path).parent.chmod(PRIVATE)
    function(path)


def _write_all(reader: ArchiveReader, checked: _Checked, folder: Path) -> None:
    for name in sorted(checked.folders):
        (folder / name).mkdir(mode=PRIVATE, exist_ok=name == ".")
    links: list[tuple[Path, bytes, ArchiveMember]] = []
    for member in reader.iter_members():
        path = folder / member.name.removeprefix("./")
        if member.kind is MemberKind.FILE:
            _write_file(reader, member, path)
        elif member.kind is MemberKind.LINK:
            links.append((path, _read_target(reader, member), member))
    for path, target, member in links:
        path.symlink_to(os.fsdecode(target))
        _set_time(path, member)
    for name in sorted(checked.folders, reverse=True):
        _describe_folder(folder / name, checked.folders[name])


def _describe_folder(path: Path, member: ArchiveMember | None) -> None:
    if member is None:
        path.chmod(DEFAULT_FOLDER_MODE)
        return
    _set_time(path, member)
    path.chmod(stat.S_IMODE(member.mode) & 0o777 or DEFAULT_FOLDER_MODE)


def _write_file(reader: ArchiveReader, member: ArchiveMember, path: Path) -> None:
    # Set-user and set-group bits are nobody's to hand over.
    mode = stat.S_IMODE(member.mode) & 0o777 or DEFAULT_FILE_MODE
    with os.fdopen(os.open(path, CREATE, 0o600), "wb") as file:
        for piece in reader.iter_content(member):
            file.write(piece)
        os.fchmod(file.fileno(), mode)
    _set_time(path, member)


def _set_time(path: Path, member: ArchiveMember) -> None:
    seconds = int(member.modified_at.timestamp())
    os.utime(path, (seconds, seconds), follow_symlinks=False)


def _refuse(member: ArchiveMember, what: str) -> None:
    message = f"Found {what}, expected none: {member.shown_name}"
    raise UnsafeMemberError(message)


def _exceed(member: ArchiveMember, what: str, limit: int) -> None:
    message = f"Found {what}, limit is {limit}: {member.shown_name}"
    raise UnpackLimitError(message)
