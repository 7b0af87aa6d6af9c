"""ZIP and BagIt: writing, reading, verifying and unpacking archives."""

from bagkit.archive.bag import discard_parts, index_of, write_bag
from bagkit.archive.bag_reader import BagReader, open_bag
from bagkit.archive.plain import PlainResult, write_plain
from bagkit.archive.plan import (
    BagPlan,
    BagResult,
    EarlierWork,
    ExpectedWorkspace,
    Limits,
    Progress,
    TableSource,
)
from bagkit.archive.splitting import split_plan
from bagkit.archive.tarball import write_tarball
from bagkit.archive.unpacking import UnpackLimits, UnpackSummary, unpack_archive
from bagkit.archive.verifier import VerificationReport, verify_archive

__all__ = [
    "BagPlan",
    "BagReader",
    "BagResult",
    "EarlierWork",
    "ExpectedWorkspace",
    "Limits",
    "PlainResult",
    "Progress",
    "TableSource",
    "UnpackLimits",
    "UnpackSummary",
    "VerificationReport",
    "discard_parts",
    "index_of",
    "open_bag",
    "split_plan",
    "unpack_archive",
    "verify_archive",
    "write_bag",
    "write_plain",
    "write_tarball",
]
