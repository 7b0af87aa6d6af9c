"""What can go wrong with a command itself.

CommandError
├── UsageError
├── InputFaultsError
├── DatabaseUnusableError
├── ExportNotFoundError
├── NotReadyError
│   ├── FailedExportError
│   ├── CancelledExportError
│   └── ExpiredExportError
├── NotWholeError
└── ServerError
    ├── ServerUnreachableError
    ├── ServerRefusedError
    └── DownloadBrokenError
"""


class CommandError(Exception):
    """The command could not do what was asked."""

    code = "command_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class UsageError(CommandError, ValueError):
    """The command was asked for something that it cannot do as it was put."""

    code = "command_usage"


class InputFaultsError(CommandError, ValueError):
    """What was given cannot be taken; nothing was changed."""

    code = "input_faults"


class DatabaseUnusableError(CommandError):
    """The database cannot be used; `bookbag check` says what to do."""

    code = "database_unusable"

    def __init__(self, found: str = "") -> None:
        what = f": {found.strip().splitlines()[0]}" if found.strip() else ""
        super().__init__(
            f"Found a database that cannot be used{what}; `bookbag check` says what "
            "to do"
        )


class ExportNotFoundError(CommandError, LookupError):
    """There is no such export for this person."""

    code = "export_not_found"


class NotReadyError(CommandError):
    """The export ended without a file."""

    code = "export_without_file"


class FailedExportError(NotReadyError):
    """The export failed; its sentence says why."""

    code = "export_has_failed"


class CancelledExportError(NotReadyError):
    """Somebody cancelled the export."""

    code = "export_was_cancelled"


class ExpiredExportError(NotReadyError):
    """The export has expired and its file was removed; ask for a new one."""

    code = "export_has_expired"


class NotWholeError(CommandError, ValueError):
    """The file was saved, but it is not as its receipt says."""

    code = "file_not_whole"


class ServerError(CommandError):
    """The server could not do its part."""

    code = "server_error"


class ServerUnreachableError(ServerError, ConnectionError):
    """The server does not answer."""

    code = "server_unreachable"


class ServerRefusedError(ServerError):
    """The server refused what was asked."""

    code = "server_refused"


class DownloadBrokenError(ServerError):
    """The download broke off too often; the same command goes on where it stopped."""

    code = "download_broken"
