"""What is at stake when a course goes: the last receipt, and what it does not cover."""

from dataclasses import dataclass

from bookbag.domain.courses.models import Course, Enrolment, Progress, Project
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard:
    """The newest export of a whole course, and what came to the course after it."""

    latest: Export | None
    """With its receipt; None when there never was one."""
    student_count: int
    project_count: int
    progress_count: int
    new_project_count: int
    """Projects that were made after the export."""
    new_student_count: int
    """People who were enrolled after the export."""


def find_safeguard(course: Course) -> Safeguard:
    """Return what is known of a course's last export."""
    latest = (
        Export.objects.filter(
            course=course,
            identifier="course-data",
            state__in=(ExportState.READY, ExportState.EXPIRED),
            receipt__isnull=False,
        )
        .select_related("receipt", "requested_by")
        .defer("receipt__document")
        .order_by("-finished_at")
        .first()
    )
    projects = Project.objects.filter(assignment__course=course)
    enrolments = Enrolment.objects.filter(course=course, removed_at__isnull=True)
    at = latest.snapshot_at if latest else None
    return Safeguard(
        latest=latest,
        student_count=enrolments.count(),
        project_count=projects.count(),
        progress_count=Progress.objects.filter(assignment__course=course).count(),
        new_project_count=projects.filter(created_at__gt=at).count() if at else 0,
        new_student_count=enrolments.filter(enrolled_at__gt=at).count() if at else 0,
    )
