"""Writing courses: enrolments and projects."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Project,
)
from bookbag.domain.people.models import User

FOLDER_MODE = 0o700


@transaction.atomic
def enrol(course: Course, user: User, role: EnrolmentRole) -> bool:
    """Enrol somebody, also again after they were removed; answer whether it was new."""
    enrolment, is_new = Enrolment.objects.get_or_create(
        course=course, user=user, role=role
    )
    if not is_new and enrolment.removed_at is not None:
        # The first day stays: what they did before belongs to the course too.
        enrolment.removed_at = None
        enrolment.save(update_fields=["removed_at"])
        is_new = True
    if is_new:
        record(course.workspace_id, describe_enrolment(Act.ENROLMENT_ADDED, enrolment))
    return is_new


@transaction.atomic
def unenrol(enrolments: QuerySet[Enrolment]) -> int:
    """Remove people from their course; return how many were in it until now."""
    present = enrolments.filter(removed_at__isnull=True)
    found = list(present.select_related("course", "user"))
    present.filter(pk__in=[enrolment.pk for enrolment in found]).update(
        removed_at=timezone.now()
    )
    for enrolment in found:
        deed = describe_enrolment(Act.ENROLMENT_REMOVED, enrolment)
        record(enrolment.course.workspace_id, deed)
    return len(found)


def describe_enrolment(act: Act, enrolment: Enrolment) -> Deed:
    """Return an act that was done to an enrolment."""
    return Deed(
        act=act,
        target=f"{enrolment.user.username} in {enrolment.course.name}",
        target_key=enrolment.course_id,
        detail=f"as {enrolment.role}",
    )


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
