"""Writing courses: enrolments and projects."""

from django.conf import settings
from django.utils.text import slugify

from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Project,
)
from bookbag.domain.people.models import User

FOLDER_MODE = 0o700


def enrol(course: Course, user: User, role: EnrolmentRole) -> bool:
    """Enrol somebody, also again after they were removed; answer whether it was new."""
    enrolment, is_new = Enrolment.objects.get_or_create(
        course=course, user=user, role=role
    )
    if not is_new and enrolment.removed_at is not None:
        # The first day stays: what they did before belongs to the course too.
        enrolment.removed_at = None
        enrolment.save(update_fields=["removed_at"])
        return True
    return is_new


def get_or_make_project(assignment: Assignment, owner: User) -> Project:
    """Return somebody's project in an assignment, made with an empty folder if new."""
    found = Project.objects.filter(assignment=assignment, owner=owner).first()
    if found is not None:
        return found
    folder = (
        settings.BOOKBAG_WORKSPACES
        / f"course-{assignment.course_id}"
        / f"assignment-{assignment.pk}"
        / f"user-{owner.pk}"
    )
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    name = slugify(f"{assignment.course.name} {assignment.folder}") or "project"
    return Project.objects.create(
        assignment=assignment,
        owner=owner,
        path=f"/{owner.username}/{name}",
        files_folder=str(folder),
    )
