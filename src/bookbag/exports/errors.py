"""What can go wrong with an export.

ExportsError
├── DefinitionNotFoundError
├── ScopeError
├── OptionsError
├── RuleError
├── PermissionRefusedError
├── TransitionError
├── PurposeNotFoundError
├── QuotaExceededError
├── ProjectFileError
├── KeyFileError
├── FileReceiptError
├── UnpackRefusedError
├── EncryptionFailedError
├── LinkError
│   ├── LinkNotFoundError
│   └── LinkExpiredError
├── PermanentExportError
│   ├── RightEndedError
│   ├── SourceGoneError
│   ├── ExportTooLargeError
│   ├── KeyDestroyedError
│   ├── PseudonymCollisionError
│   ├── ShardFailedError
│   └── DiskFloorError
└── RetryableExportError
    └── StoredFileError
"""

from datetime import datetime
from uuid import UUID

from bookbag.exports.wording import format_size
from bookbag.jobs.errors import PermanentJobError, RetryableJobError


class ExportsError(Exception):
    """The export could not do what was asked."""

    code = "exports_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class DefinitionNotFoundError(ExportsError, LookupError):
    """The catalogue has no export of that identifier."""

    code = "export_definition_not_found"

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        super().__init__(
            f"Found no export called {identifier!r}, expected one of the catalogue"
        )


class ScopeError(ExportsError, ValueError):
    """The export was asked for something it is not about."""

    code = "export_scope_mismatch"


class OptionsError(ExportsError, ValueError):
    """An option of the export is unknown or has a wrong value."""

    code = "export_options_invalid"


class ProjectFileError(ExportsError):
    """A file or folder of a project cannot be shown."""

    code = "project_file"


class RuleError(ExportsError, ValueError):
    """The rule of a schedule cannot be used."""

    code = "schedule_rule_invalid"


class KeyFileError(ExportsError, ValueError):
    """The file that was named holds no public key."""

    code = "key_file_invalid"


class FileReceiptError(ExportsError, ValueError):
    """The file has no receipt, or what lies beside it is none."""

    code = "file_receipt_invalid"


class UnpackRefusedError(ExportsError, ValueError):
    """The archive cannot be unpacked safely."""

    code = "unpack_refused"


class PermissionRefusedError(ExportsError, PermissionError):
    """The person has no right to this export."""

    code = "export_permission_refused"


class TransitionError(ExportsError, ValueError):
    """The export cannot step from its state to that one."""

    code = "export_transition_refused"

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        super().__init__(
            f"Found an export that is {source}, which cannot become {target}"
        )


class PurposeNotFoundError(ExportsError, LookupError):
    """The workspace has no purpose of that name whose key could be destroyed."""

    code = "export_purpose_not_found"

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f"Found no key of a purpose called {purpose!r}, expected one that is there"
        )


class QuotaExceededError(ExportsError):
    """The exports that are kept leave no room for another."""

    code = "export_quota_exceeded"

    def __init__(
        self,
        *,
        whose: str,
        limit_bytes: int,
        used_bytes: int,
        free_at: datetime | None,
    ) -> None:
        self.limit_bytes, self.used_bytes = limit_bytes, used_bytes
        self.free_at = free_at
        """When enough files will have expired; None if that will never be enough."""
        when = (
            f"there will be room at {free_at:%d %b %Y, %H:%M} UTC"
            if free_at
            else "the export is larger than the limit"
        )
        super().__init__(
            f"Found {format_size(used_bytes)} of exports kept by {whose}, expected "
            f"at most {format_size(limit_bytes)} with this one: {when}"
        )


class EncryptionFailedError(ExportsError):
    """The export could not be encrypted; nothing of it was published."""

    code = "export_encryption_failed"


class LinkError(ExportsError):
    """The link cannot be used."""

    code = "link_unusable"


class LinkNotFoundError(LinkError, LookupError):
    """There is no such link for this person."""

    code = "link_not_found"


class LinkExpiredError(LinkError):
    """The link has expired and the file was removed."""

    code = "link_expired"

    def __init__(self, export_id: UUID) -> None:
        self.export_id = export_id
        """The export whose file is gone, to offer a new one."""
        super().__init__()


class PermanentExportError(ExportsError, PermanentJobError):
    """The export failed, and trying again would fail the same way."""

    code = "export_failed"


class SourceGoneError(PermanentExportError):
    """What the export is about is not there any more."""

    code = "export_source_gone"


class RightEndedError(PermanentExportError):
    """The right to this export ended before it was compiled."""

    code = "export_right_ended"


class ExportTooLargeError(PermanentExportError):
    """The export would hold more than this server allows."""

    code = "export_too_large"


class KeyDestroyedError(PermanentExportError):
    """The key of these pseudonyms was destroyed."""

    code = "export_key_destroyed"


class PseudonymCollisionError(PermanentExportError):
    """Two people would have one pseudonym; ask again for another purpose."""

    code = "export_pseudonym_collision"


class ShardFailedError(PermanentExportError):
    """A part of the archive was given up by every worker that tried."""

    code = "export_shard_failed"


class DiskFloorError(PermanentExportError, OSError):
    """The disk has too little room."""

    code = "export_disk_floor"

    def __init__(self, *, free_bytes: int, needed_bytes: int, floor_bytes: int) -> None:
        self.free_bytes, self.needed_bytes = free_bytes, needed_bytes
        self.floor_bytes = floor_bytes
        super().__init__(
            f"Found {format_size(free_bytes)} free on the server's disk, expected "
            f"{format_size(needed_bytes)} for this export and "
            f"{format_size(floor_bytes)} that stay free"
        )


class RetryableExportError(ExportsError, RetryableJobError):
    """The export failed, and trying again may succeed."""

    code = "export_interrupted"


class StoredFileError(RetryableExportError, OSError):
    """The stored file differs from what was written."""

    code = "stored_file_differs"
