"""Finding what a call is about; what is of another workspace is not there."""

from django.db.models import Q, QuerySet

from bookbag.api.codio.calls import Call
from bookbag.api.errors import NotFoundError, NotPermittedError
from bookbag.domain.courses.ending import CourseError
from bookbag.domain.courses.models import Assignment, Course, Module
from bookbag.domain.people.models import User
from bookbag.domain.people.selectors import list_active_people
from bookbag.domain.policies import can_change_course, viewable_courses
from bookbag.domain.teaching.selectors import (
    list_present_students,
    list_present_teachers,
)

KEY_DIGITS = 18
"""Fits every database's largest whole number."""


def find_course(call: Call, course_id: str) -> Course:
    """Return a course of the caller's workspace.

    Raises:
        NotFoundError: If there is none of that identifier.
    """
    courses = viewable_courses(call.person).filter(workspace=call.workspace)
    course = courses.filter(pk=parse_key(course_id)).first()
    if course is None:
        raise NotFoundError(_say("course", course_id))
    return course


def find_changed_course(call: Call, course_id: str) -> Course:
    """Return a course that the caller may change.

    Raises:
        NotFoundError: If there is none of that identifier.
        CourseError: If it is archived.
    """
    course = find_course(call, course_id)
    if course.archived_at is not None:
        message = f"Found an archived course, expected one that can change: {course_id}"
        raise CourseError(message)
    if not can_change_course(call.person, course):
        raise NotPermittedError
    return course


def find_assignment(course: Course, assignment_id: str) -> Assignment:
    """Return an assignment of a course.

    Raises:
        NotFoundError: If there is none of that identifier.
    """
    found = Assignment.objects.filter(course=course, pk=parse_key(assignment_id))
    assignment = found.select_related("module", "course__workspace").first()
    if assignment is None:
        raise NotFoundError(_say("assignment", assignment_id))
    return assignment


def find_module(course: Course, module_id: str) -> Module:
    """Return a module of a course.

    Raises:
        NotFoundError: If there is none of that identifier.
    """
    found = Module.objects.filter(course=course, pk=parse_key(module_id))
    module = found.select_related("course").first()
    if module is None:
        raise NotFoundError(_say("module", module_id))
    return module


def find_student(course: Course, wanted: str) -> User:
    """Return a present student by identifier, else by e-mail address or user name.

    Raises:
        NotFoundError: If there is none.
    """
    return _find_person(list_present_students(course), "student", wanted)


def find_teacher(course: Course, wanted: str) -> User:
    """Return a present teacher, as ``find_student`` does a student.

    Raises:
        NotFoundError: If there is none.
    """
    return _find_person(list_present_teachers(course), "teacher", wanted)


def find_member(call: Call, wanted: str) -> User:
    """Return an active member of the workspace, as ``find_student`` does a student.

    Raises:
        NotFoundError: If there is none.
    """
    members = list_active_people(call.workspace)
    return _find_person(members, "member", wanted)


def parse_key(text: str) -> int:
    """Return the number that an identifier is, or one that nothing has."""
    is_key = text.isascii() and text.isdecimal() and len(text) <= KEY_DIGITS
    return int(text) if is_key else -1


def _find_person(people: QuerySet[User], what: str, wanted: str) -> User:
    named = Q(username__iexact=wanted) | (Q(email__iexact=wanted) & ~Q(email=""))
    found = people.filter(pk=parse_key(wanted)).first() or people.filter(named).first()
    if found is None:
        raise NotFoundError(_say(what, wanted))
    return found


def _say(what: str, wanted: str) -> str:
    return f"Found no {what}, expected one: {wanted[:100]!r}"
