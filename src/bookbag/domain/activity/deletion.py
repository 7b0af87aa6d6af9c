"""Removing deleted courses for good: events, files that were copied, and rows."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.ending import list_outdated_students
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import Member
from bookbag.domain.teaching.models import PublishedSource

PURGE_ROWS = 2_000

logger = logging.getLogger(__name__)


def purge_deleted_courses() -> int:
    """Remove the courses that nobody brought back in time; return how many.

    Safe in many workers at once and when it is interrupted: a course's row goes last.
    """
    latest = timezone.now() - timedelta(days=settings.BOOKBAG_UNDO_DAYS)
    count = 0
    for course in Course.objects.filter(deleted_at__lte=latest).order_by("pk"):
        _purge(course)
        count += 1
    return count


def _purge(course: Course) -> None:
    while True:
        events = AccessEvent.objects.filter(course=course).order_by()
        keys = list(events.values_list("pk", flat=True)[:PURGE_ROWS])
        if not keys:
            break
        AccessEvent.objects.filter(pk__in=keys).delete()
    for kind in (Project, PublishedSource):
        owned = kind.objects.filter(assignment__course=course)
        for folder in owned.values_list("files_folder", flat=True).iterator():
            remove_copied(Path(folder))
    deeds = [Deed(act=Act.COURSE_PURGED, target=course.name, target_key=course.pk)]
    with transaction.atomic():
        if course.deletes_students:
            outdated = list_outdated_students(course)
            members = Member.objects.filter(
                workspace=course.workspace, user__in=list(outdated)
            )
            gone = list(members.select_related("user"))
            deeds += [
                Deed(
                    act=Act.MEMBER_REMOVED,
                    target=member.user.username,
                    target_key=member.user_id,
                    detail=f"with the course {course.name}",
                )
                for member in gone
            ]
            members.delete()
        course.delete()
        record(course.workspace_id, *deeds)
    logger.info("Course %s was purged", deeds[0].target_key)  # the row has no key now


def remove_copied(folder: Path) -> bool:
    """Remove a folder of ours; what a course only refers to is somebody else's.

    Returns:
        Whether it is gone.
    """
    own: Path = settings.BOOKBAG_WORKSPACES.resolve()
    parent = folder.parent.resolve()
    if parent.is_relative_to(own) and not folder.is_symlink() and folder.is_dir():
        shutil.rmtree(folder)  # by descriptors: links in it are never followed
    return not folder.exists()
