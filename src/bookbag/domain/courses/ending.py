"""The end of a course: archived, or deleted with time to think better of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.models import Course, Enrolment, EnrolmentRole
from bookbag.domain.people.models import Member, MemberRole, User


class CourseError(Exception):
    """A change of a course that is refused; the message is fit for people."""

    code = "course"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedCourse:
    """A course that can still be brought back."""

    course: Course
    purged_at: datetime


@transaction.atomic
def archive_course(course: Course) -> None:
    """Make a course read-only; everything in it can still be seen and exported."""
    course.archived_at = timezone.now()
    course.save(update_fields=["archived_at"])
    record_of_course(Act.COURSE_ARCHIVED, course)


@transaction.atomic
def unarchive_course(course: Course) -> None:
    """Make a course writable again; a date on which it was to be archived is gone."""
    course.archived_at = course.archives_on = None
    course.save(update_fields=["archived_at", "archives_on"])
    record_of_course(Act.COURSE_UNARCHIVED, course)


@transaction.atomic
def plan_archiving(course: Course, archives_on: date | None) -> None:
    """Choose the day from which a course is archived by itself, or none.

    Raises:
        CourseError: If that day has passed, or the course is archived already.
    """
    if course.archived_at is not None:
        raise CourseError("Found a course that is archived, expected an active one.")
    today = timezone.now().date()
    if archives_on is not None and archives_on <= today:
        message = f"Found {archives_on.isoformat()}, expected a day after {today}."
        raise CourseError(message)
    course.archives_on = archives_on
    course.save(update_fields=["archives_on"])
    day = "never" if archives_on is None else archives_on.isoformat()
    record_of_course(Act.COURSE_ARCHIVING_PLANNED, course, detail=day)


def archive_due_courses() -> int:
    """Archive the courses whose day has come; return how many."""
    due = Course.objects.filter(
        archived_at__isnull=True,
        deleted_at__isnull=True,
        archives_on__lte=timezone.now().date(),
    )
    found = list(due)
    for course in found:
        archive_course(course)
    return len(found)


@transaction.atomic
def delete_course(*, course: Course, actor: User, with_students: bool) -> None:
    """Hide a course; the purge removes it when nobody brings it back in time.

    Args:
        course: Which one.
        actor: Who does it.
        with_students: Whether the purge also removes from the workspace those students
            who are in no other course then.
    """
    course.deleted_at = timezone.now()
    course.deleted_by = actor
    course.deletes_students = with_students
    course.save(update_fields=["deleted_at", "deleted_by", "deletes_students"])
    detail = "with its students" if with_students else ""
    record_of_course(Act.COURSE_DELETED, course, actor, detail)


def restore_deleted(course: Course) -> None:
    """Bring a deleted course back, as it was.

    Raises:
        CourseError: If another course has taken its name.
    """
    course.deleted_at = course.deleted_by = None
    course.deletes_students = False
    try:
        with transaction.atomic():
            course.save(update_fields=["deleted_at", "deleted_by", "deletes_students"])
            record_of_course(Act.COURSE_RESTORED, course)
    except IntegrityError as error:
        message = f"Found another course called {course.name!r}, expected none: "
        raise CourseError(f"{message}rename or delete that one first.") from error


def list_outdated_students(course: Course) -> QuerySet[User]:
    """Return the students of a course who are in no other course of its workspace.

    Only plain members: who administers or teaches anything stays.
    """
    elsewhere = Enrolment.objects.filter(
        user=OuterRef("pk"),
        course__workspace=course.workspace,
        course__deleted_at__isnull=True,
        removed_at__isnull=True,
    ).exclude(course=course)
    here = Enrolment.objects.filter(
        user=OuterRef("pk"), course=course, role=EnrolmentRole.STUDENT
    )
    plain = Member.objects.filter(
        user=OuterRef("pk"), workspace=course.workspace, role=MemberRole.MEMBER
    )
    return User.objects.filter(
        Exists(here), Exists(plain), ~Exists(elsewhere)
    ).order_by("last_name", "first_name", "username")


def record_of_course(
    act: Act, course: Course, person: User | None = None, detail: str = ""
) -> None:
    """Write down in the audit log what is done to a course."""
    deed = Deed(act=act, target=course.name, target_key=course.pk, detail=detail)
    record(course.workspace_id, deed, person=person)


def purge_time(course: Course) -> datetime:
    """Return when a deleted course cannot be brought back any more."""
    deleted_at = course.deleted_at or timezone.now()
    return deleted_at + timedelta(days=settings.BOOKBAG_UNDO_DAYS)
