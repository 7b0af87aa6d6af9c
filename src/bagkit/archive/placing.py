"""Where the members of an archive go, and everything that forbids it.

An archive is checked twice over: as it is, and as its members would be placed. The
second matters where names are restored: a list of original names is as much a
stranger's work as the archive itself.

Source: lessons 3a; ADR 0042, ADR 0080.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from bagkit.archive.reader import (
    MAX_LINK_BYTES,
    ArchiveMember,
    ArchiveReader,
    MemberKind,
)
from bagkit.errors import UnpackLimitError, UnsafeMemberError
from bagkit.trees.walk import link_stays_inside

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
class Place:
    """Where a member goes, below the target."""

    path: bytes
    """Its path below the root; empty for the root itself."""
    root: str = ""
    """A folder right in the target, named by the caller; empty for the target. Links
    have to stay inside of it."""

    @property
    def whole(self) -> bytes:
        """The path below the target; empty for the target itself."""
        return b"/".join(part for part in (os.fsencode(self.root), self.path) if part)


Placing: TypeAlias = Callable[[str], Place | None]
"""Answers where a member goes by its path in the archive, without a slash at the end;
None leaves it out. The archive's own top folder is ``.``."""


def place_as_it_is(path: str) -> Place:
    """Place a member where the archive has it."""
    return Place(path=b"" if path == "." else os.fsencode(path))


@dataclass(slots=True)
class MemberTree:
    """Files, links and folders by their path, none of them twice."""

    folders: dict[bytes, ArchiveMember | None] = field(default_factory=dict)
    """None for a folder that only other members' paths name."""
    leaves: dict[bytes, ArchiveMember] = field(default_factory=dict)
    """Files and links."""

    def add(self, path: bytes, member: ArchiveMember) -> None:
        """Add a member.

        Raises:
            UnsafeMemberError: If something else has that path.
        """
        if path in self.leaves or self.folders.get(path) is not None:
            refuse(member, "a second member of that name")
        if member.kind is MemberKind.FOLDER:
            self.folders[path] = member
        else:
            if path in self.folders:
                refuse(member, "a file where there is a folder")
            self.leaves[path] = member
        for parent in _iter_parents(path):
            if parent in self.folders:
                break  # its own parents are there too
            self.folders[parent] = None

    def check_parents(self) -> None:
        """Refuse a file or link that others lie below.

        Raises:
            UnsafeMemberError: If there is one.
        """
        for parent in self.folders:
            if parent in self.leaves:
                refuse(self.leaves[parent], "a file or link that others lie below")


@dataclass(slots=True)
class CheckedArchive:
    """What the first pass learned."""

    own: MemberTree
    """As the archive is."""
    placed: MemberTree
    """As its members would be placed; the same when nothing moves."""
    size_bytes: int = 0
    """Of all files that would be written."""


def check_members(
    reader: ArchiveReader,
    limits: UnpackLimits,
    place: Placing = place_as_it_is,
    on_member: Callable[[ArchiveMember], None] = lambda _member: None,
) -> CheckedArchive:
    """Go through an archive once and refuse it as a whole when anything is wrong.

    Args:
        reader: The archive.
        limits: What it may unpack to.
        place: Where its members would go.
        on_member: Told about each member that was checked; it may read its content.

    Raises:
        UnsafeMemberError: If a name or a link leads elsewhere or collides.
        UnpackLimitError: If a number is over its limit.
    """
    own = MemberTree()
    checked = CheckedArchive(own=own, placed=MemberTree())
    total_bytes = 0
    for member in reader.iter_members():
        path = _check_name(member, limits)
        total_bytes += member.size_bytes
        _check_size(member, total_bytes, reader.archive_bytes, limits)
        own.add(os.fsencode(path), member)
        target = None
        if member.kind is MemberKind.LINK:
            target = read_target(reader, member)
            _check_target(member, path.count("/"), target)
        found = place(path)
        if found is not None:
            _check_place(member, found, limits)
            checked.placed.add(found.whole or b".", member)
            checked.size_bytes += member.size_bytes
            if target is not None:
                _check_target(member, found.path.count(b"/"), target)
        on_member(member)
    own.check_parents()
    checked.placed.check_parents()
    return checked


def read_target(reader: ArchiveReader, member: ArchiveMember) -> bytes:
    """Return what a link says.

    Raises:
        UnpackLimitError: If it is longer than any link can be.
    """
    if member.link_target:
        return os.fsencode(member.link_target)
    if member.size_bytes > MAX_LINK_BYTES:
        exceed(member, f"a link of {member.size_bytes} bytes", MAX_LINK_BYTES)
    return b"".join(reader.iter_content(member))


def path_of(member: ArchiveMember) -> str:
    """Return a member's path without a slash at the end or a dot at the start."""
    path = member.name.rstrip("/") if member.kind is MemberKind.FOLDER else member.name
    return path.removeprefix("./") or "."


def refuse(member: ArchiveMember, what: str) -> NoReturn:
    """Refuse an archive for one of its members.

    Raises:
        UnsafeMemberError: Always.
    """
    message = f"Found {what}, expected none: {member.shown_name}"
    raise UnsafeMemberError(message)


def exceed(member: ArchiveMember, what: str, limit: int) -> NoReturn:
    """Refuse an archive for a number that is over its limit.

    Raises:
        UnpackLimitError: Always.
    """
    message = f"Found {what}, limit is {limit}: {member.shown_name}"
    raise UnpackLimitError(message)


def _check_name(member: ArchiveMember, limits: UnpackLimits) -> str:
    path = path_of(member)
    if path == "." and member.kind is MemberKind.FOLDER:
        return path
    names = path.split("/")
    if "\\" in path or path.startswith("/") or path[1:2] == ":":
        refuse(member, "an absolute path or a backslash")
    if any(name in ("", ".", "..") for name in names):
        refuse(member, "a path that goes up or has empty names")
    if any(unicodedata.category(c) == "Cc" for c in path):
        refuse(member, "control characters in its name")
    _check_lengths(member, [os.fsencode(name) for name in names], limits)
    return path


def _check_place(member: ArchiveMember, place: Place, limits: UnpackLimits) -> None:
    if not place.path:
        if member.kind is not MemberKind.FOLDER:
            refuse(member, "an original name that is empty")
        return
    names = place.path.split(b"/")
    if any(name in (b"", b".", b"..") or b"\0" in name for name in names):
        refuse(member, "an original path that goes up or has empty names")
    _check_lengths(member, names, limits)


def _check_lengths(
    member: ArchiveMember, names: list[bytes], limits: UnpackLimits
) -> None:
    lengths = [len(name) for name in names]
    if len(names) > limits.max_depth:
        exceed(member, f"{len(names)} names in a path", limits.max_depth)
    if max(lengths) > limits.max_name_bytes:
        exceed(member, f"a name of {max(lengths)} bytes", limits.max_name_bytes)
    if sum(lengths) + len(names) > limits.max_path_bytes:
        exceed(member, f"a path of {sum(lengths)} bytes", limits.max_path_bytes)


def _check_size(
    member: ArchiveMember, total_bytes: int, archive_bytes: int, limits: UnpackLimits
) -> None:
    if member.size_bytes > limits.max_file_bytes:
        exceed(member, f"a file of {member.size_bytes} bytes", limits.max_file_bytes)
    if total_bytes > limits.max_bytes:
        exceed(member, f"{total_bytes} bytes in all", limits.max_bytes)
    most = max(FREE_BYTES, archive_bytes * limits.max_ratio)
    if total_bytes > most:
        exceed(member, f"{total_bytes} bytes in {archive_bytes}", most)


def _check_target(member: ArchiveMember, depth: int, target: bytes) -> None:
    if b"\\" in target or not link_stays_inside(target, depth):
        refuse(member, "a link that leads out of the archive")


def _iter_parents(path: bytes) -> Iterator[bytes]:
    place = path.rfind(b"/")
    while place > 0:
        yield path[:place]
        place = path.rfind(b"/", 0, place)
