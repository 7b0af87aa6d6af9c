"""Exit statuses: what each means, and which error ends with which."""

import enum

from bookbag.cli.errors import (
    CancelledExportError,
    CommandError,
    DatabaseUnusableError,
    ExpiredExportError,
    InputFaultsError,
    NotReadyError,
    NotWholeError,
    ServerError,
    ServerRefusedError,
    UsageError,
)
from bookbag.domain.access.errors import AccessError
from bookbag.erasure.errors import ErasureError
from bookbag.exports.errors import ExportsError
from bookbag.imports.errors import ImportsError


class ExitStatus(enum.IntEnum):
    """What the status of a command says; public interface, never renumbered."""

    DONE = 0
    NOT_WHOLE = 1
    WRONG_USAGE = 2
    FAULTS = 3
    REFUSED = 4
    SYSTEM = 5
    EXPORT_FAILED = 6
    EXPORT_CANCELLED = 7
    EXPORT_EXPIRED = 8
    SERVER = 9
    WITH_PROBLEMS = 10
    INTERRUPTED = 130


MEANINGS: dict[ExitStatus, str] = {
    ExitStatus.DONE: "It is done, and all is well.",
    ExitStatus.NOT_WHOLE: "A check or a verification found something wrong.",
    ExitStatus.WRONG_USAGE: "Wrong usage, or settings that cannot be used.",
    ExitStatus.FAULTS: "What was to be brought in has faults; nothing was changed.",
    ExitStatus.REFUSED: "An export, a file or the server refuses what was asked: no "
    "such thing, no right to it, a wrong option, an unsafe archive.",
    ExitStatus.SYSTEM: "The system refuses: a file that is not there, a full disk.",
    ExitStatus.EXPORT_FAILED: "The export failed.",
    ExitStatus.EXPORT_CANCELLED: "Somebody cancelled the export.",
    ExitStatus.EXPORT_EXPIRED: "The export has expired; its file was removed.",
    ExitStatus.SERVER: "The server does not answer, or the download broke off; the "
    "same command goes on where it stopped.",
    ExitStatus.WITH_PROBLEMS: "The export is saved and verified, and some of what it "
    "should hold could not be read: see its problems.",
    ExitStatus.INTERRUPTED: "Ctrl-C. An export goes on without the command.",
}

EXIT_STATUSES: dict[type[Exception], ExitStatus] = {
    UsageError: ExitStatus.WRONG_USAGE,
    InputFaultsError: ExitStatus.FAULTS,
    DatabaseUnusableError: ExitStatus.SYSTEM,
    CancelledExportError: ExitStatus.EXPORT_CANCELLED,
    ExpiredExportError: ExitStatus.EXPORT_EXPIRED,
    NotReadyError: ExitStatus.EXPORT_FAILED,
    NotWholeError: ExitStatus.NOT_WHOLE,
    ServerRefusedError: ExitStatus.REFUSED,
    ServerError: ExitStatus.SERVER,
    CommandError: ExitStatus.REFUSED,
    AccessError: ExitStatus.FAULTS,
    ImportsError: ExitStatus.FAULTS,
    ErasureError: ExitStatus.REFUSED,
    ExportsError: ExitStatus.REFUSED,
    OSError: ExitStatus.SYSTEM,
}
"""By the first class that fits, so the more exact ones stand first."""


def exit_status(error: BaseException) -> ExitStatus:
    """Return the exit status of an error, by the first class that fits."""
    for kind, status in EXIT_STATUSES.items():
        if isinstance(error, kind):
            return status
    return ExitStatus.NOT_WHOLE
