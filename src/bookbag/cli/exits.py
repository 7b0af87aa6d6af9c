"""Exit statuses, in one table keyed by the class of the error."""

from bookbag.domain.access.errors import AccessError
from bookbag.exports.errors import ExportsError
from bookbag.imports.errors import ImportsError

EXIT_STATUSES: dict[type[Exception], int] = {
    ImportsError: 3,
    ExportsError: 4,
    AccessError: 3,
    OSError: 5,
}
"""2 is misconfiguration and wrong usage; 1 is a check or a verification that failed."""


def exit_status(error: BaseException) -> int:
    """Return the exit status of an error, by the first class that fits."""
    for kind, status in EXIT_STATUSES.items():
        if isinstance(error, kind):
            return status
    return 1
