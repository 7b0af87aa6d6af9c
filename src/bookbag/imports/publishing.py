"""Publishing what an assignment begins with, from an archive that somebody sends."""

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from bagkit.archive import unpack_archive
from bookbag.domain.courses.models import Assignment
from bookbag.domain.people.models import User
from bookbag.domain.teaching.models import PublishedSource
from bookbag.domain.teaching.services import replace_source
from bookbag.imports.archive_rules import make_unpack_limits, refusing_archives
from bookbag.imports.errors import NotPublishedError

FOLDER_MODE = 0o700


def publish_archive(
    assignment: Assignment, archive: Iterable[bytes], *, changelog: str, publisher: User
) -> PublishedSource:
    """Unpack an archive and publish it as what an assignment begins with.

    Args:
        assignment: Which one.
        archive: A ZIP, tar, tar.gz or tar.zst in pieces; it may be malicious.
        changelog: What changed, in the publisher's words.
        publisher: Who does it.

    Raises:
        ImportRefusedError: If the archive cannot be read, would write somewhere else
            or unpacks to more than the server allows; nothing was changed.
    """
    home: Path = settings.BOOKBAG_WORKSPACES / f"course-{assignment.course_id}"
    home.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    mark = secrets.token_hex(8)
    folder = home / f"source-{assignment.pk}-{mark}"
    received = home / f".received-{mark}"
    try:
        with received.open("xb") as file:
            file.writelines(archive)
        with refusing_archives():
            unpack_archive(received, folder, limits=make_unpack_limits())
    finally:
        received.unlink(missing_ok=True)
    try:
        return replace_source(
            assignment, folder, changelog=changelog, publisher=publisher
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def find_published(assignment: Assignment, version: int) -> PublishedSource:
    """Return what an assignment begins with, if that version was ever published.

    Raises:
        NotPublishedError: If it was not.
    """
    source = PublishedSource.objects.filter(
        assignment=assignment, version__gte=version
    ).first()
    if source is None or version < 1:
        message = f"Found no version {version} of {assignment.name!r}, expected one"
        raise NotPublishedError(message)
    return source
