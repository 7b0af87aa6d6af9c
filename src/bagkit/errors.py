"""The engine's errors.

BagkitError
├── ArchiveBusyError
├── ArchiveFormatError
│   ├── UnsafeMemberError
│   └── UnsupportedMemberError
├── LimitExceededError
├── MemberNotFoundError
├── PackingError
├── PlanError
├── ReceiptError
├── SourceAwayError
├── StagedWriteError
├── TableError
├── TargetExistsError
├── UnpackLimitError
└── WorkspaceReadError
"""


class BagkitError(Exception):
    """The engine could not do what was asked."""

    code = "bagkit_error"


class ArchiveBusyError(BagkitError):
    """Another process is writing the same archive."""

    code = "archive_busy"


class LimitExceededError(BagkitError, OverflowError):
    """The export would be larger than its limits allow."""

    code = "limit_exceeded"


class PlanError(BagkitError, ValueError):
    """The plan of an archive contradicts itself."""

    code = "bad_plan"


class ReceiptError(BagkitError, ValueError):
    """The receipt is not a receipt, or its numbers do not add up."""

    code = "bad_receipt"


class TableError(BagkitError, ValueError):
    """The rows of a table do not fit its schema."""

    code = "table_rows_mismatch"


class PackingError(BagkitError, RuntimeError):
    """A packing process ended before its work was done."""

    code = "packing_process_died"


class SourceAwayError(BagkitError, RuntimeError):
    """The place where workspaces lie does not answer."""

    code = "source_away"


class StagedWriteError(BagkitError, RuntimeError):
    """The staged file could not be written; the disk may be full."""

    code = "staged_write_failed"


class ArchiveFormatError(BagkitError, ValueError):
    """The file is not an archive that the engine reads."""

    code = "archive_format"


class UnsafeMemberError(ArchiveFormatError):
    """A member of the archive would be written where it must not be."""

    code = "unsafe_member"


class UnsupportedMemberError(ArchiveFormatError):
    """A member of the archive is encrypted or of a kind that is not read."""

    code = "unsupported_member"


class MemberNotFoundError(BagkitError, LookupError):
    """The archive has no member of that name."""

    code = "member_not_found"


class TargetExistsError(BagkitError, FileExistsError):
    """The folder to unpack to is there already."""

    code = "target_exists"


class UnpackLimitError(BagkitError, OverflowError):
    """The archive would unpack to more than the limits allow."""

    code = "unpack_limit_exceeded"


class WorkspaceReadError(BagkitError, LookupError):
    """Something in a workspace cannot be read.

    Args:
        reason: Why, one of ``bagkit.trees.walk.Reason``.
    """

    code = "workspace_read"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Found something that cannot be read: {reason}")
        self.reason = reason
