"""What lies in an archive that comes back: one folder of files, or many workspaces.

Three kinds are told apart. A *bag* is an archive of ours, whole or a part: its receipt
says which folder is whose work, and ``names.csv`` what the files were called. In a
*folder* one folder stands alone at the top and is the workspace; otherwise the *files*
at the top are it.

Source: ``docs/formats/importing.md``; ADR 0081.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bagkit.archive.lists import NAMES
from bagkit.archive.placing import Place, Placing, UnpackLimits, path_of
from bagkit.archive.reader import (
    ArchiveMember,
    ArchiveReader,
    MemberKind,
    open_archive,
    quote_name,
)
from bagkit.errors import (
    ArchiveFormatError,
    ReceiptError,
    TableError,
    UnpackLimitError,
)
from bagkit.receipt import Receipt, ReceiptCell
from bagkit.tables import iter_found_rows
from bagkit.trees.names import unescape_path

RECEIPT = "receipt.json"
COURSE = "data/course.json"
NAMES_LIST = "data/names.csv"
WORKSPACES = "data/workspaces/"
DOCUMENTS = (RECEIPT, COURSE, NAMES_LIST)
MAX_DOCUMENT_BYTES = 64 << 20
"""A larger receipt, course or list of names is not read."""
FOREIGN_TOPS = frozenset({"__MACOSX"})
"""Folders that some programs put beside what was to be packed."""


class ContentKind(StrEnum):
    """What kind of archive it is."""

    BAG = "bag"
    FOLDER = "folder"
    FILES = "files"


@dataclass(slots=True, kw_only=True)
class FoundWorkspace:
    """One workspace in an archive.

    Units: sizes in bytes.
    """

    folder: str
    """Where it lies in the archive, without a slash at the end; empty for the top."""
    assignment: str = ""
    """The assignment's folder; only known from a bag."""
    username: str = ""
    """The student; only known from a bag."""
    names: Mapping[str, bytes] = field(default_factory=dict)
    """Original path of what was renamed, by its path below the folder."""
    file_count: int = 0
    folder_count: int = 0
    link_count: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveContents:
    """What an archive holds for those who would import it."""

    kind: ContentKind
    workspaces: tuple[FoundWorkspace, ...]
    """In the archive's order; those that have a member."""
    documents: Mapping[str, bytes]
    """Of a bag: the content of those of ``DOCUMENTS`` that are there."""
    left_out: tuple[str, ...]
    """Folders at the top that belong to no workspace and are not imported."""

    def place(self, chosen: Mapping[str, str]) -> Placing:
        """Return where members go when some workspaces are unpacked.

        Args:
            chosen: A folder right in the target for each workspace's folder.
        """
        wanted = {w.folder: w for w in self.workspaces if w.folder in chosen}
        foreign = self.left_out if self.kind is not ContentKind.BAG else ()

        def place(path: str) -> Place | None:
            folder = _find_folder(path, wanted)
            if folder is None or path.partition("/")[0] in foreign:
                return None
            below = _below(path, folder)
            original = wanted[folder].names.get(below)
            here = below.encode("utf-8", "surrogateescape")
            return Place(
                root=chosen[folder], path=here if original is None else original
            )

        return place


def read_contents(
    source: Path,
    *,
    limits: UnpackLimits | None = None,
    on_member: Callable[[], None] = lambda: None,
) -> ArchiveContents:
    """Go through an archive and tell what lies in it.

    It is not checked here; ``check_archive`` and ``unpack_archive`` do that.

    Args:
        source: The archive; it may be malicious.
        limits: What it may unpack to.
        on_member: Called for every member.

    Raises:
        ArchiveFormatError: If it is no archive, or holds nothing to import.
        UnpackLimitError: If it has more members, or longer lists, than the limits
            allow.
        OSError: If it cannot be read.
    """
    chosen = limits or UnpackLimits()
    documents: dict[str, bytes | None] = {}
    members: list[tuple[str, ArchiveMember]] = []
    with open_archive(source, max_members=chosen.max_members) as reader:
        for member in reader.iter_members():
            path = path_of(member)
            members.append((path, member))
            if member.kind is MemberKind.FILE and _is_document(path):
                documents[path] = _read_document(reader, member)
            on_member()
    top, receipt = _find_receipt(documents)
    if receipt is None:
        return _tell_files(members)
    return _tell_bag(top, receipt, documents, members)


def _is_document(path: str) -> bool:
    names = path.split("/", 1)
    return path in DOCUMENTS or (len(names) == 2 and names[1] in DOCUMENTS)


def _read_document(reader: ArchiveReader, member: ArchiveMember) -> bytes | None:
    if member.size_bytes > MAX_DOCUMENT_BYTES:
        return None  # which matters only if it turns out to be one of ours
    return b"".join(reader.iter_content(member))


def _find_receipt(
    documents: Mapping[str, bytes | None],
) -> tuple[str, Receipt | None]:
    for path, content in documents.items():
        if content is not None and path.rpartition("/")[2] == RECEIPT:
            try:
                return path.removesuffix(RECEIPT), Receipt.from_json(content)
            except ReceiptError:
                continue  # somebody's own file of that name
    return "", None


def _tell_files(members: list[tuple[str, ArchiveMember]]) -> ArchiveContents:
    tops = {path.partition("/")[0] for path, _member in members if path != "."}
    left_out = tuple(sorted(tops & FOREIGN_TOPS)) if tops - FOREIGN_TOPS else ()
    kept = tops - set(left_out)
    if not kept:
        message = "Found an archive without a file or folder, expected at least one"
        raise ArchiveFormatError(message)
    alone = next(iter(kept)) if len(kept) == 1 else ""
    is_folder = alone != "" and all(
        member.kind is MemberKind.FOLDER for path, member in members if path == alone
    )
    workspace = FoundWorkspace(folder=alone if is_folder else "")
    for path, member in members:
        if path.partition("/")[0] not in left_out:
            _count(workspace, path, member)
    return ArchiveContents(
        kind=ContentKind.FOLDER if is_folder else ContentKind.FILES,
        workspaces=(workspace,),
        documents={},
        left_out=left_out,
    )


def _tell_bag(
    top: str,
    receipt: Receipt,
    documents: Mapping[str, bytes | None],
    members: list[tuple[str, ArchiveMember]],
) -> ArchiveContents:
    kept = _keep_documents(top, documents)
    names = _read_names(kept.get(NAMES_LIST))
    cells = {f"{top}data/{cell.folder}": cell for cell in receipt.cells if cell.folder}
    found: dict[str, FoundWorkspace] = {}
    for path, member in members:
        folder = _find_folder(path, cells)
        if folder is None:
            continue
        if folder not in found:
            found[folder] = _begin(folder, cells[folder], names)
        _count(found[folder], path, member)
    if not found:
        message = "Found a Bookbag archive without a workspace, expected at least one"
        raise ArchiveFormatError(message)
    return ArchiveContents(
        kind=ContentKind.BAG,
        workspaces=tuple(found.values()),
        documents=kept,
        left_out=(),
    )


def _keep_documents(
    top: str, documents: Mapping[str, bytes | None]
) -> dict[str, bytes]:
    kept = {}
    for name in DOCUMENTS:
        content = documents.get(f"{top}{name}", b"")
        if content is None:
            message = f"Found more than {MAX_DOCUMENT_BYTES} bytes, the limit: {name!r}"
            raise UnpackLimitError(message)
        if content:
            kept[name] = content
    return kept


def _begin(
    folder: str,
    cell: ReceiptCell,
    names: Mapping[tuple[str, str], Mapping[str, bytes]],
) -> FoundWorkspace:
    return FoundWorkspace(
        folder=folder,
        assignment=cell.assignment,
        username=cell.username,
        names=names.get((cell.assignment, cell.username), {}),
    )


def _read_names(
    content: bytes | None,
) -> dict[tuple[str, str], dict[str, bytes]]:
    found: dict[tuple[str, str], dict[str, bytes]] = {}
    if content is None:
        return found
    try:
        rows = list(iter_found_rows(io.BytesIO(content), NAMES))
    except TableError as error:
        raise ArchiveFormatError(f"{error}: {NAMES_LIST}") from error
    for row in rows:
        if row.fault:
            message = f"{row.fault}: row {row.number} of {NAMES_LIST}"
            raise ArchiveFormatError(message)
        assignment, username, original, path = (cell or "" for cell in row.cells)
        owner = (assignment, username)
        if found.setdefault(owner, {}).setdefault(path, unescape_path(original)) != (
            unescape_path(original)
        ):
            message = f"Found two original names, expected one: {quote_name(path)}"
            raise ArchiveFormatError(f"{message} in {NAMES_LIST}")
    return found


def _find_folder(path: str, folders: Mapping[str, object]) -> str | None:
    """Return the workspace's folder that a path is in, or is; None for no one's."""
    if "" in folders:
        return ""
    names = path.split("/")
    for count in range(1, min(len(names), 6) + 1):
        folder = "/".join(names[:count])
        if folder in folders:
            return folder
    return None


def _below(path: str, folder: str) -> str:
    if not folder:
        return "" if path == "." else path
    return path[len(folder) + 1 :]


def _count(workspace: FoundWorkspace, path: str, member: ArchiveMember) -> None:
    if path in (".", workspace.folder):
        return
    if member.kind is MemberKind.FOLDER:
        workspace.folder_count += 1
    elif member.kind is MemberKind.LINK:
        workspace.link_count += 1
    else:
        workspace.file_count += 1
        workspace.size_bytes += member.size_bytes
