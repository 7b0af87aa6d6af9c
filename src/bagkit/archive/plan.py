"""What an archive is to hold, and what came of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bagkit.archive.shards import PackedElsewhere
from bagkit.identities.scanning import ScanRules
from bagkit.packing.archive_writers import ByteSink
from bagkit.receipt import Receipt
from bagkit.tables import TableSchema
from bagkit.trees.tree import TreeOpener

NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedWorkspace:
    """One student x assignment: a workspace that the roster says there should be."""

    assignment: str
    """Name of the assignment's folder; it is made portable and unique."""
    username: str
    """Name of the student's folder in it."""
    root: Path | str | None
    """Where the files lie: a folder, or an address that the plan's ``opener`` opens;
    None when the student never started."""
    excluded_by: str | None = None
    """The rule that leaves it out, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """One table and where its rows come from."""

    schema: TableSchema
    batches: Callable[[], Iterable[pa.RecordBatch]]
    """Begins reading the rows; called once."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Rows that a rule left out, by rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one archive may hold.

    Units: sizes in bytes.
    """

    max_file_bytes: int = NO_LIMIT
    """A larger file is left out, with a problem."""
    max_files: int = NO_LIMIT
    """An archive with more files is refused before it is begun."""
    max_bytes: int = NO_LIMIT
    """An archive of more content is refused before it is begun."""

    @property
    def has_totals(self) -> bool:
        """Whether files have to be counted before an archive is begun."""
        return min(self.max_files, self.max_bytes) < NO_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class BagGroup:
    """What a part says of the bags that it belongs to."""

    identifier: str
    number: int
    """From 1."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BagPlan:
    """All that decides the bytes of an archive.

    Invariants: the same plan over the same files gives the same bytes, on any
    machine and with any number of processes.
    """

    name: str
    """The top folder's name; portable."""
    title: str
    """What people call it."""
    snapshot_at: datetime
    """When the data was looked at; every time that no file gives derives from it."""
    course: Mapping[str, object]
    """What ``course.json`` says."""
    workspaces: Sequence[ExpectedWorkspace]
    tables: Sequence[TableSource]
    generator: str
    """The program and its version."""
    identifier: str
    """The export's own identifier."""
    signing_key: Ed25519PrivateKey | None = None
    """The key that signs the receipt."""
    limits: Limits = field(default_factory=Limits)
    group: BagGroup | None = None
    """The group that it is a part of."""
    pseudonymised_for: str = ""
    """The purpose whose pseudonyms stand in place of people, if so."""
    circle: str = ""
    """Whom alone pseudonyms and scan are about, when not everybody."""
    opener: TreeOpener | None = None
    """What opens workspaces that lie at an address."""
    is_encrypted: bool = False
    """Whether the whole file will be encrypted afterwards; the receipt says so."""
    scan: ScanRules | None = None
    """Whom to look for in files; nothing is reused then, since all has to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierWork:
    """What was done before and can be used again, and whether this is to be."""

    resume_from: Sequence[Path] = ()
    """Targets of calls for the same archive that did not finish, the newest first."""
    reuse: Path | None = None
    """An earlier archive with its index beside it; files that are still what they
    were are copied from it, compressed as they are."""
    keeps_index: bool = False
    """Whether to leave such an index for the next archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveStream:
    """Where an archive goes that is not kept here, and who packs its workspaces.

    Units: sizes in bytes.
    """

    sink: ByteSink
    staged_bytes: int = 256 << 20
    """About how much of packed workspaces may wait on the disk. A workspace is packed
    as a whole before it is handed on, so larger ones take what they need."""
    elsewhere: PackedElsewhere | None = None
    """Others who pack the workspaces and put them between what the sink is given
    before and after; None to pack them here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the writing has come.

    Units: members are entries of the archive; totals are estimates from what has
    been packed so far until the phase is ``finishing``.
    """

    phase: str
    """``packing`` or ``finishing``."""
    members_done: int
    members_total: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BagResult:
    """A finished archive.

    Units: sizes in bytes.
    """

    sha256: str
    """Digest of the whole file."""
    size_bytes: int
    receipt: Receipt
    file_count: int
    """Files and links of all workspaces."""
    payload_bytes: int
    """Their content, before compression."""
    problem_count: int
    reused_count: int
    """Files that were copied from an earlier archive without being read."""
