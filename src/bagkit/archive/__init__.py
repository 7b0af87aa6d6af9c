"""ZIP and BagIt: writing, reading, verifying and unpacking archives."""

from bagkit.archive.bag import write_bag
from bagkit.archive.bag_reader import BagReader, open_bag
from bagkit.archive.beside import discard_parts, index_of
from bagkit.archive.contents import (
    COURSE,
    ArchiveContents,
    ContentKind,
    FoundWorkspace,
    read_contents,
)
from bagkit.archive.placing import Place, Placing, UnpackLimits, place_as_it_is
from bagkit.archive.plain import PlainReading, PlainResult, write_plain
from bagkit.archive.plan import (
    ArchiveStream,
    BagPlan,
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    Limits,
    Progress,
    TableSource,
)
from bagkit.archive.scan_count import ScanCount
from bagkit.archive.splitting import split_plan
from bagkit.archive.tarball import write_tarball
from bagkit.archive.unpacking import (
    UnpackSummary,
    check_archive,
    remove_tree,
    unpack_archive,
)
from bagkit.archive.verifier import VerificationReport, verify_archive
from bagkit.packing.archive_writers import ByteSink

__all__ = [
    "COURSE",
    "ArchiveContents",
    "ArchiveStream",
    "BagPlan",
    "BagReader",
    "BagResult",
    "ByteSink",
    "ContentKind",
    "EarlierWork",
    "ExpectedWorkspace",
    "FoundWorkspace",
    "Limits",
    "Place",
    "Placing",
    "PlainReading",
    "PlainResult",
    "Progress",
    "ScanCount",
    "TableSource",
    "UnpackLimits",
    "UnpackSummary",
    "VerificationReport",
    "check_archive",
    "discard_parts",
    "index_of",
    "open_bag",
    "place_as_it_is",
    "read_contents",
    "remove_tree",
    "split_plan",
    "unpack_archive",
    "verify_archive",
    "write_bag",
    "write_plain",
    "write_tarball",
]
