"""What can go wrong with an export.

ExportsError
├── DefinitionNotFoundError
├── ScopeError
├── OptionsError
├── RuleError
├── PermissionRefusedError
├── TransitionError
├── ProjectFileError
├── LinkError
│   ├── LinkNotFoundError
│   └── LinkExpiredError
├── PermanentExportError
│   ├── RightEndedError
│   ├── SourceGoneError
│   └── ExportTooLargeError
└── RetryableExportError
    └── StoredFileError
"""

from uuid import UUID

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


class RetryableExportError(ExportsError, RetryableJobError):
    """The export failed, and trying again may succeed."""

    code = "export_interrupted"


class StoredFileError(RetryableExportError, OSError):
    """The stored file differs from what was written."""

    code = "stored_file_differs"
