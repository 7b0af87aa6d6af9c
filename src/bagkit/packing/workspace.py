"""Packing one workspace: its files become members at the end of a segment file.

A segment holds local file headers and data exactly as the archive will; the caller
copies the workspace's part of it to its place and gives the central records their
offsets. Nothing in a part depends on where it will stand.
"""

import errno
import hashlib
import os
import stat
import time
import zlib

from bagkit.packing.compression import SMALL_BYTES
from bagkit.packing.links import LinkTable, WaitingLink
from bagkit.packing.member_writer import ChangedWhileReadError, MemberWriter
from bagkit.packing.reuse import EarlierPlace, EarlierWorkspace
from bagkit.packing.scanned import Reading, WorkspaceScan, read_small
from bagkit.packing.workspace_parts import PackedWorkspace, Signature, sign_file
from bagkit.packing.zip_records import (
    MemberHeader,
    central_header,
    is_time_representable,
)
from bagkit.trees.names import escape_path
from bagkit.trees.naming import PortableTree
from bagkit.trees.tree import Tree, TreeFile, open_tree
from bagkit.trees.walk import (
    EntryKind,
    Reason,
    WalkedFolder,
    link_stays_inside,
    reason_for_mode,
    reason_of,
)

MAX_LINK_BYTES = 4096
"""Longest link that a system follows; more of one is not read."""
READ_TRIES = 3
"""How often a file that changes while it is read is read again."""
PLAINLY = Reading()
UNSETTLED_NS = 2_000_000_000
"""A file that changed so shortly before it was read may change again unseen: some file
systems tell times by the second or two."""


def pack_workspace(
    writer: MemberWriter,
    root: str | int,
    prefix: str,
    *,
    max_file_bytes: int,
    earlier: EarlierPlace | None = None,
    reading: Reading = PLAINLY,
) -> PackedWorkspace:
    """Append everything in a workspace to a segment and return what was packed.

    Args:
        writer: The segment.
        root: The workspace's folder, its descriptor or its address; it may be
            hostile.
        prefix: Its path in the archive, with a slash at the end.
        max_file_bytes: Files larger than this are left out with a problem.
        earlier: An earlier archive to copy from what did not change.
        reading: What opens addresses, and what looks for people.

    Raises:
        StagedWriteError: If the segment cannot be written. What cannot be read is
            no error but a problem of the workspace.
        SourceAwayError: If the place of an address does not answer.
    """
    reuse = None if earlier is None else EarlierWorkspace(earlier, writer, prefix)
    try:
        packer = _WorkspacePacker(writer, prefix, max_file_bytes, reuse, reading)
        return packer.pack(root)
    finally:
        if reuse is not None:
            reuse.close()


class _WorkspacePacker:
    def __init__(
        self,
        writer: MemberWriter,
        prefix: str,
        max_file_bytes: int,
        earlier: EarlierWorkspace | None,
        reading: Reading,
    ) -> None:
        self._writer = writer
        self._earlier = earlier
        self._settled_ns = time.time_ns() - UNSETTLED_NS
        self._start = writer.position
        self._prefix = prefix
        self._max_file_bytes = max_file_bytes
        self._packed = PackedWorkspace()
        self._opener = reading.opener
        self._scan = WorkspaceScan(reading.scanner, self._packed, prefix)
        self._names = PortableTree(prefix, self._packed.renamed, self._scan.cover_names)
        self._digest = hashlib.sha256()
        self._links = LinkTable(prefix)

    def pack(self, root: str | int) -> PackedWorkspace:
        packed = self._packed
        try:
            tree = open_tree(root, self._opener)
        except OSError as error:
            is_missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
            packed.failure = (
                Reason.WORKSPACE_MISSING if is_missing else Reason.WORKSPACE_UNREADABLE
            ).value
            return packed
        try:
            for folder in tree.walk():
                if isinstance(folder, WalkedFolder):
                    self._pack_folder(tree, folder)
                elif folder.path:
                    self._note_problem(folder.path, folder.reason)
                else:
                    packed.failure = Reason.WORKSPACE_UNREADABLE.value
        finally:
            tree.close()
        for link in self._links.waiting:
            self._pack_link(link)
        self._end_run()
        if packed.problems and not packed.file_count and not packed.failure:
            packed.failure = Reason.NOTHING_READABLE.value
        packed.length = self._writer.position - self._start
        packed.digest = self._digest.hexdigest()
        return packed

    def _pack_folder(self, tree: Tree, folder: WalkedFolder) -> None:
        # Links come last, when it is known what they lead to.
        portable = self._names.enter(
            folder.path,
            [name for name, _ in folder.entries],
            [name for name, kind in folder.entries if kind is EntryKind.FOLDER],
        )
        status = folder.status
        self._links.add_folder(portable.path)
        self._add_folder(portable.path, _describe(portable.path, stat.S_IFDIR, status))
        for name, kind in folder.entries:
            path = (*folder.path, name)
            self._scan.note_name(name, portable.child(name))
            try:
                if kind is EntryKind.FILE:
                    self._pack_file(tree, folder, path, portable.child(name))
                elif kind is EntryKind.LINK:
                    self._read_link(tree, folder, path, portable.child(name))
                elif kind is EntryKind.OTHER:
                    mode = tree.look_at(folder, name).st_mode
                    self._note_problem(path, reason_for_mode(mode))
            except OSError as error:
                self._note_problem(path, reason_of(error))
            except ChangedWhileReadError:
                self._note_problem(path, Reason.CHANGED)

    def _add_folder(self, member: str, header: MemberHeader) -> None:
        if self._earlier is not None:
            record = central_header(header)
            start = self._earlier.take_folder(member, record)
            if start is not None:
                self._note_record(record, start)
                return
        self._add_member(header, b"")

    def _reuse_file(
        self, tree: Tree, folder: WalkedFolder, path: tuple[bytes, ...], member: str
    ) -> bool:
        if self._earlier is None:
            return False
        status = tree.look_at(folder, path[-1])
        if not stat.S_ISREG(status.st_mode) or status.st_size > self._max_file_bytes:
            return False
        signature = sign_file(status)
        taken = self._earlier.take_file(member, signature)
        if taken is None:
            return False
        start, record, sha256 = taken
        viewed = (member[len(self._prefix) :], status.st_size, sha256)
        self._note_record(record, start, (signature, sha256), viewed)
        self._packed.reused_count += 1
        self._note_file(path, member, status, viewed)
        return True

    def _pack_file(
        self, tree: Tree, folder: WalkedFolder, path: tuple[bytes, ...], member: str
    ) -> None:
        if self._reuse_file(tree, folder, path, member):
            return
        for tries_left in reversed(range(READ_TRIES)):
            file = tree.open_file(folder, path[-1])
            try:
                status = file.status
                if stat.S_ISLNK(status.st_mode):  # a store says so only now
                    target = file.read_at(MAX_LINK_BYTES, 0)
                    self._keep_link(path, member, target, status)
                elif not stat.S_ISREG(status.st_mode):
                    self._note_problem(path, reason_for_mode(status.st_mode))
                elif status.st_size > self._max_file_bytes:
                    self._note_problem(path, Reason.FILE_TOO_LARGE)
                else:
                    self._pack_open_file(file, path, member)
            except ChangedWhileReadError:
                if not tries_left:
                    raise
            else:
                return
            finally:
                file.close()

    def _pack_open_file(
        self, file: TreeFile, path: tuple[bytes, ...], member: str
    ) -> None:
        status, signed = file.status, file.signed
        modified_seconds = status.st_mtime_ns // 1_000_000_000
        self._end_run()
        source = self._scan.open(file, member)
        size_bytes = source.size_bytes
        try:
            header = _describe(member, stat.S_IFREG, status)
            header.size_bytes = size_bytes
            if size_bytes <= SMALL_BYTES:
                content = read_small(source.read_at, size_bytes)
                start, sha256 = self._writer.add_content(header, content)
            else:
                start, sha256 = self._writer.add_stream(header, source.read_at)
        finally:
            self._scan.close()
        # Looking at it later must say all that there is to say, also of its time.
        is_settled = is_time_representable(modified_seconds) and (
            max(signed.st_mtime_ns, signed.st_ctime_ns) < self._settled_ns
        )
        signature = (sign_file(signed), sha256) if is_settled else None
        viewed = (member[len(self._prefix) :], size_bytes, sha256)
        self._note_record(central_header(header), start, signature, viewed)
        self._note_file(path, member, status, viewed)

    def _note_file(
        self,
        path: tuple[bytes, ...],
        member: str,
        status: os.stat_result,
        viewed: tuple[str, int, str],
    ) -> None:
        _, size_bytes, sha256 = viewed
        self._packed.file_count += 1
        self._packed.size_bytes += size_bytes
        self._links.add_file(member, sha256, size_bytes)
        self._note_payload(member, sha256)
        if not is_time_representable(status.st_mtime_ns // 1_000_000_000):
            self._note_problem(path, Reason.TIME_CLAMPED)

    def _read_link(
        self, tree: Tree, folder: WalkedFolder, path: tuple[bytes, ...], member: str
    ) -> None:
        try:
            target = tree.read_link(folder, path[-1])
            status = tree.look_at(folder, path[-1])
        except OSError:
            self._note_problem(path, Reason.LINK_UNREADABLE)
            return
        self._keep_link(path, member, target, status)

    def _keep_link(
        self,
        path: tuple[bytes, ...],
        member: str,
        target: bytes,
        status: os.stat_result,
    ) -> None:
        target = self._scan.cover_bytes(target)
        if not link_stays_inside(target, len(path) - 1):
            self._note_problem(path, Reason.LINK_OUTSIDE)
            return
        self._links.add_link(
            WaitingLink(
                path=path,
                member=member,
                target=target,
                modified_seconds=status.st_mtime_ns // 1_000_000_000,
            )
        )

    def _pack_link(self, link: WaitingLink) -> None:
        reached = self._links.resolve(link)
        if reached is None:
            self._note_problem(link.path, Reason.LINK_DANGLING)
            return
        self._add_member(_describe_link(link), link.target)
        inside = link.member[len(self._prefix) :]
        self._packed.links.append((inside, link.target.decode()))
        if reached.sha256:
            # A reader of the unpacked bag sees the content of what a link leads to.
            self._packed.file_count += 1
            self._packed.size_bytes += reached.size_bytes
            self._note_payload(link.member, reached.sha256)

    def _note_problem(self, path: tuple[bytes, ...], reason: Reason) -> None:
        shown = self._scan.cover(escape_path(b"/".join(path)))
        self._packed.problems.append((shown, reason.value))

    def _add_member(self, header: MemberHeader, stored: bytes) -> None:
        self._end_run()
        start = self._writer.add_member(header, stored)
        self._note_record(central_header(header), start)

    def _end_run(self) -> None:
        if self._earlier is not None:
            self._earlier.flush()

    def _note_record(
        self,
        record: bytes,
        start: int,
        signature: tuple[Signature, str] | None = None,
        viewed: tuple[str, int, str] | None = None,
    ) -> None:
        self._packed.records.append(record)
        self._packed.offsets.append(start - self._start)
        self._packed.signatures.append(signature)
        self._packed.files.append(viewed)

    def _note_payload(self, member: str, sha256: str) -> None:
        # The archive's top folder is no part of the bag's own paths.
        path = member.partition("/")[2].encode()
        self._packed.manifest.append(b"%s  %s\n" % (sha256.encode(), path))
        inside = member[len(self._prefix) :].encode()
        self._digest.update(b"%s  %s\n" % (sha256.encode(), inside))


def _describe_link(link: WaitingLink) -> MemberHeader:
    return MemberHeader(
        name=link.member.encode(),
        mode=stat.S_IFLNK | 0o777,
        modified_seconds=link.modified_seconds,
        size_bytes=len(link.target),
        compressed_bytes=len(link.target),
        crc32=zlib.crc32(link.target),
    )


def _describe(member: str, kind: int, status: os.stat_result) -> MemberHeader:
    return MemberHeader(
        name=member.encode(),
        mode=kind | stat.S_IMODE(status.st_mode) & 0o777,
        modified_seconds=status.st_mtime_ns // 1_000_000_000,
    )
