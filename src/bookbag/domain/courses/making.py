"""Making courses, their modules and assignments, and giving them teachers."""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.courses.ending import CourseError, record_of_course
from bookbag.domain.courses.models import (
    Assignment,
    Course,
    Enrolment,
    EnrolmentRole,
    Module,
)
from bookbag.domain.courses.services import enrol
from bookbag.domain.people.models import User, Workspace

NAME_CHARACTERS = 200
FOLDER_CHARACTERS = 200


def make_course(workspace: Workspace, *, name: str, description: str = "") -> Course:
    """Make a course in a workspace.

    Raises:
        CourseError: If the name cannot be one, or another course has it.
    """
    course = Course(
        workspace=workspace, name=_check_name(name), description=description
    )
    try:
        with transaction.atomic():
            course.save()
            record_of_course(Act.COURSE_MADE, course)
    except IntegrityError as error:
        message = f"Found another course called {course.name!r}, expected none"
        raise CourseError(message) from error
    return course


@transaction.atomic
def make_module(course: Course, *, name: str) -> Module:
    """Make a module at the end of a course.

    Raises:
        CourseError: If the name cannot be one, or another module has it.
    """
    name = _check_name(name)
    module, is_new = Module.objects.get_or_create(
        course=course, name=name, defaults={"position": course.modules.count()}
    )
    if not is_new:
        message = f"Found another module called {name!r}, expected none"
        raise CourseError(message)
    record_of_course(Act.COURSE_CHANGED, course, detail=f"module {name}")
    return module


@transaction.atomic
def make_assignment(module: Module, *, name: str) -> Assignment:
    """Make an assignment at the end of a module.

    Raises:
        CourseError: If the name cannot be one, or another assignment has it.
    """
    name = _check_name(name)
    course = module.course
    taken = set(course.assignments.values_list("folder", flat=True))
    facts = {
        "module": module,
        "folder": _find_free_folder(name, taken),
        "position": module.assignments.count(),
    }
    try:
        assignment, is_new = Assignment.objects.get_or_create(
            course=course, name=name, defaults=facts
        )
    except IntegrityError as error:
        message = f"Found {facts['folder']!r} taken at this moment: try again"
        raise CourseError(message) from error
    if not is_new:
        message = f"Found another assignment called {name!r}, expected none"
        raise CourseError(message)
    record_of_course(Act.COURSE_CHANGED, course, detail=f"assignment {name}")
    return assignment


@transaction.atomic
def set_teacher(course: Course, user: User, *, is_read_only: bool) -> None:
    """Make somebody a teacher of a course, or change whether they only look."""
    enrol(course, user, EnrolmentRole.TEACHER)
    enrolment = Enrolment.objects.get(
        course=course, user=user, role=EnrolmentRole.TEACHER
    )
    if enrolment.is_read_only == is_read_only:
        return
    enrolment.is_read_only = is_read_only
    enrolment.save(update_fields=["is_read_only"])
    deed = Deed(
        act=Act.ENROLMENT_CHANGED,
        target=f"{user.username} in {course.name}",
        target_key=course.pk,
        detail="only reads" if is_read_only else "may change the course",
    )
    record(course.workspace_id, deed)


def _check_name(name: str) -> str:
    kept = " ".join(name.split())
    if not 0 < len(kept) <= NAME_CHARACTERS or "\0" in kept:
        message = (
            f"Found a name of {len(kept)} characters, expected 1 to {NAME_CHARACTERS}"
        )
        raise CourseError(message)
    return kept


def _find_free_folder(name: str, taken: set[str]) -> str:
    base = slugify(name)[:FOLDER_CHARACTERS] or "assignment"
    folder, number = base, 1
    while folder in taken:
        number += 1
        folder = f"{base}-{number}"
    return folder
