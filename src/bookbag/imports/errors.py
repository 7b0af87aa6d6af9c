"""What can go wrong while data is brought in.

ImportsError
├── SampleTargetError
├── SampleSourceError
├── LoadFaultsError
├── LoadConflictError
├── CopyError
├── UploadError
│   ├── UploadTooLargeError
│   ├── UploadOffsetError
│   ├── UploadBusyError
│   └── UploadChecksumError
├── ImportChoiceError
├── ImportTransitionError
├── ImportRefusedError
├── ImportQuotaError
├── NotPublishedError
├── ArchiveRefusedError
└── RestoreRefusedError
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bookbag.jobs.errors import PermanentJobError


class ImportsError(Exception):
    """The import could not do what was asked."""

    code = "imports_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class SampleTargetError(ImportsError, FileExistsError):
    """The folder for the sample course is not empty."""

    code = "sample_target_not_empty"

    def __init__(self, target: Path) -> None:
        self.target = target
        super().__init__(
            f"Found something at the target, expected an empty or a new folder: "
            f"'{target}'"
        )


class SampleSourceError(ImportsError, FileNotFoundError):
    """This machine has none of the source trees that the sample starts from."""

    code = "sample_source_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that keeps a course from being loaded."""

    path: str
    """The file or folder at fault, printable also when its name is not UTF-8."""
    line: int | None
    """The line of that file, from 1; None where lines say nothing."""
    message: str
    """What was found and what was expected."""

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class LoadFaultsError(ImportsError, ValueError):
    """The course cannot be loaded as it is; ``faults`` lists everything at once."""

    code = "load_faults"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        noun = "fault" if len(self.faults) == 1 else "faults"
        super().__init__(
            f"Found {len(self.faults)} {noun}, expected none; nothing was loaded"
        )


class LoadConflictError(ImportsError):
    """Somebody changed the same people or course meanwhile; nothing was loaded."""

    code = "load_conflict"


class CopyError(ImportsError, OSError):
    """The student files could not be copied; nothing was loaded."""

    code = "copy_failed"


class UploadError(ImportsError):
    """The upload cannot be taken."""

    code = "upload_refused"


class UploadTooLargeError(UploadError, OverflowError):
    """The file is larger than what may be uploaded."""

    code = "upload_too_large"


class UploadOffsetError(UploadError, ValueError):
    """The bytes do not begin where the upload stands."""

    code = "upload_offset_differs"


class UploadBusyError(UploadError):
    """Another request is writing to the same upload."""

    code = "upload_busy"


class UploadChecksumError(UploadError, ValueError):
    """The bytes that arrived have another checksum; they were not kept."""

    code = "upload_checksum_differs"


class ImportChoiceError(ImportsError, ValueError):
    """What was chosen cannot be imported."""

    code = "import_choice_invalid"


class ImportTransitionError(ImportsError, ValueError):
    """The import cannot step from its state to that one."""

    code = "import_transition_refused"

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        super().__init__(
            f"Found an import that is {source}, which cannot become {target}"
        )


class ImportRefusedError(ImportsError, PermanentJobError):
    """The archive cannot be imported.

    Args:
        message: What was found, what was expected, which member.
        code: Of the engine's error that says so.
    """

    code = "import_refused"

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code


class ImportQuotaError(ImportsError, PermanentJobError):
    """There is no room for what the archive holds."""

    code = "import_quota_exceeded"


class NotPublishedError(ImportsError, LookupError):
    """That version of an assignment's files was never published."""

    code = "not_published"


class ArchiveRefusedError(ImportsError, PermanentJobError, ValueError):
    """The archive is not whole, malicious, or not one that is read here."""

    code = "archive_refused"


class RestoreRefusedError(ImportsError, PermanentJobError):
    """The course cannot be restored as things are; nothing was changed."""

    code = "restore_refused"
