"""What every archive that somebody sends is held to, and how it is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from bagkit.archive import UnpackLimits
from bagkit.errors import BagkitError
from bookbag.imports.errors import ImportRefusedError

MAX_PATH_BYTES = 3500
"""Linux takes 4,095 of the whole path, and where projects lie takes some of it."""


@contextmanager
def refusing_archives() -> Iterator[None]:
    """Refuse an archive with the engine's own sentence and code.

    Raises:
        ImportRefusedError: If the engine refused the archive.
    """
    try:
        yield
    except BagkitError as error:
        raise ImportRefusedError(str(error), error.code) from error


def make_unpack_limits() -> UnpackLimits:
    """Return what one archive may unpack to, by the settings of imports."""
    return UnpackLimits(
        max_members=settings.BOOKBAG_IMPORT_MAX_FILES,
        max_bytes=settings.BOOKBAG_IMPORT_MAX_BYTES,
        max_file_bytes=settings.BOOKBAG_IMPORT_MAX_BYTES,
        max_path_bytes=MAX_PATH_BYTES,
    )
