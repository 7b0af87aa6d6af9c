"""Writing how courses are taught: dates, settings, more time, mentors, sources."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.courses.ending import CourseError, record_of_course
from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import User
from bookbag.domain.teaching.models import (
    AssignmentSettings,
    CourseSchedule,
    MentorLearner,
    PublishedSource,
    TimeExtension,
)


@transaction.atomic
def set_schedule(
    course: Course,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    time_zone: str = "",
    tags: Sequence[str] = (),
) -> None:
    """Say when a course is held, and file it under some words.

    Raises:
        CourseError: If it would end before it starts.
    """
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        message = f"Found an end before the start {starts_at.isoformat()}"
        raise CourseError(message)
    CourseSchedule.objects.update_or_create(
        course=course,
        defaults={
            "starts_at": starts_at,
            "ends_at": ends_at,
            "time_zone": time_zone,
            "tags": list(tags),
        },
    )
    record_of_course(Act.COURSE_CHANGED, course, detail="dates and tags")


@transaction.atomic
def change_settings(assignment: Assignment, changes: Mapping[str, object]) -> None:
    """Change some settings of an assignment; the others stay.

    Args:
        assignment: Which one.
        changes: Values by field of ``AssignmentSettings``; what penalties and the exam
            mode do not name stays too.
    """
    AssignmentSettings.objects.get_or_create(assignment=assignment)
    kept = AssignmentSettings.objects.select_for_update().get(assignment=assignment)
    for name, value in changes.items():
        before = getattr(kept, name)
        is_nested = isinstance(value, Mapping)
        setattr(kept, name, _merge(before, value) if is_nested else value)  # type: ignore[arg-type]  # both are mappings
    kept.save()
    detail = f"settings of {assignment.name}: {', '.join(sorted(changes))}"
    record_of_course(Act.COURSE_CHANGED, assignment.course, detail=detail)


@transaction.atomic
def extend_time(
    assignment: Assignment, student: User, changes: Mapping[str, int | None]
) -> None:
    """Give a student more time in an assignment.

    Args:
        assignment: Where.
        student: Who.
        changes: Minutes by ``deadline_minutes`` and ``limit_minutes``; what is left
            out stays as it is.
    """
    TimeExtension.objects.update_or_create(
        assignment=assignment, student=student, defaults=dict(changes)
    )
    detail = f"{student.username} in {assignment.name}"
    record_of_course(Act.TIME_EXTENDED, assignment.course, detail=detail)


@transaction.atomic
def set_learners(course: Course, mentor: User, learners: Sequence[User]) -> None:
    """Say which learners of a course a mentor sees; nobody means all of them."""
    MentorLearner.objects.filter(course=course, mentor=mentor).delete()
    MentorLearner.objects.bulk_create(
        MentorLearner(course=course, mentor=mentor, learner=learner)
        for learner in dict.fromkeys(learners)
    )
    detail = f"{len(set(learners))} for {mentor.username}"
    record_of_course(Act.LEARNERS_SET, course, detail=detail)


def replace_source(
    assignment: Assignment, folder: Path, *, changelog: str, publisher: User
) -> PublishedSource:
    """Publish a folder as what an assignment begins with; the earlier one is removed.

    Args:
        assignment: Which one.
        folder: Of ours, and of nobody else from now on.
        changelog: What changed, in the publisher's words.
        publisher: Who does it.
    """
    with transaction.atomic():
        before = (
            PublishedSource.objects.select_for_update()
            .filter(assignment=assignment)
            .first()
        )
        source, _ = PublishedSource.objects.update_or_create(
            assignment=assignment,
            defaults={
                "files_folder": str(folder),
                "changelog": changelog,
                "version": 1 if before is None else before.version + 1,
                "published_at": timezone.now(),
                "published_by": publisher,
            },
        )
        detail = f"version {source.version} of {assignment.name}"
        course = assignment.course
        record_of_course(Act.SOURCE_PUBLISHED, course, publisher, detail)
    if before is not None:
        shutil.rmtree(before.files_folder, ignore_errors=True)
    return source


def _merge(
    before: Mapping[str, object], changes: Mapping[str, object]
) -> dict[str, object]:
    merged = dict(before)
    for name, value in changes.items():
        inner = merged.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            merged[name] = _merge(inner, value)
        else:
            merged[name] = value
    return merged
