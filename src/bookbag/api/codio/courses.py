"""Courses: listed, found, made, archived and deleted."""

from dataclasses import dataclass

from django.core import signing
from django.db.models import QuerySet

from bookbag.api.codio.calls import Call
from bookbag.api.codio.inputs import (
    AssignmentInput,
    CourseInput,
    ModuleInput,
    read_body,
)
from bookbag.api.codio.lookups import find_changed_course, find_course, find_module
from bookbag.api.codio.queries import read_flag
from bookbag.api.codio.shapes import Json, show_course, show_time
from bookbag.api.errors import NotFoundError, NotPermittedError
from bookbag.domain.courses.ending import archive_course, delete_course
from bookbag.domain.courses.making import make_assignment, make_course, make_module
from bookbag.domain.courses.models import Course
from bookbag.domain.policies import (
    can_administer_workspace,
    can_end_course,
    viewable_courses,
)
from bookbag.domain.teaching.services import change_settings, set_schedule

PAGE_COURSES = 100
SALT = "bookbag.codio.courses"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a list goes on, and what it is a list of."""

    after: int = 0
    is_archived: bool | None = None


def list_all(call: Call) -> Json:
    """Return a page of the workspace's courses, in the order they were made."""
    text = call.request.GET.get("nextToken", "")
    place = (
        _read_place(text)
        if text
        else _Place(is_archived=read_flag(call.request, "archived", default=None))
    )
    found = _describe(_list_courses(call)).filter(pk__gt=place.after)
    if place.is_archived is not None:
        found = found.filter(archived_at__isnull=not place.is_archived)
    page = list(found.order_by("pk")[: PAGE_COURSES + 1])
    shown, has_more = page[:PAGE_COURSES], len(page) > PAGE_COURSES
    following = [shown[-1].pk, place.is_archived] if has_more else None
    return {
        "courses": [show_course(course) for course in shown],
        "nextToken": signing.dumps(following, salt=SALT) if following else "",
    }


def find_by_name(call: Call) -> Json:
    """Return the course of a name."""
    read_flag(call.request, "withHiddenAssignments", default=True)
    name = call.request.GET.get("name", "")
    course = _describe(_list_courses(call)).filter(name=name).first()
    if course is None:
        message = f"Found no course, expected one called {name[:100]!r}"
        raise NotFoundError(message)
    return show_course(course)


def show(call: Call, course_id: str) -> Json:
    """Return a course; no assignment is hidden here."""
    read_flag(call.request, "withHiddenAssignments", default=True)
    return show_course(find_course(call, course_id))


def create(call: Call) -> Json:
    """Make a course."""
    if not can_administer_workspace(call.person, call.workspace):
        raise NotPermittedError
    wanted = read_body(call.request, CourseInput)
    course = make_course(
        call.workspace, name=wanted.name, description=wanted.description
    )
    set_schedule(
        course,
        starts_at=wanted.start,
        ends_at=wanted.end,
        time_zone=wanted.timezone,
        tags=wanted.tags,
    )
    return {"id": str(course.pk)}


def create_module(call: Call, course_id: str) -> Json:
    """Make a module."""
    course = find_changed_course(call, course_id)
    wanted = read_body(call.request, ModuleInput)
    return {"id": str(make_module(course, name=wanted.name).pk)}


def create_assignment(call: Call, course_id: str) -> Json:
    """Make an assignment in a module."""
    course = find_changed_course(call, course_id)
    wanted = read_body(call.request, AssignmentInput)
    module = find_module(course, wanted.moduleId)
    assignment = make_assignment(module, name=wanted.settings.name)
    box = wanted.settings.box
    change_settings(
        assignment,
        {
            "description": wanted.settings.description,
            "image_url": wanted.settings.image_url,
            "box_type": "" if box is None else box.boxType,
        },
    )
    return {"id": str(assignment.pk)}


def archive(call: Call, course_id: str) -> Json:
    """Archive a course; one that is archived already keeps its day."""
    course = _find_ended_course(call, course_id)
    if course.archived_at is None:
        archive_course(course)
    return {"archivedDate": show_time(course.archived_at)}


def delete(call: Call, course_id: str) -> Json:
    """Delete a course; a person can bring it back for some time."""
    course = _find_ended_course(call, course_id)
    with_students = read_flag(call.request, "removeOutdatedStudents", default=False)
    delete_course(course=course, actor=call.person, with_students=bool(with_students))
    return {}


def _find_ended_course(call: Call, course_id: str) -> Course:
    course = find_course(call, course_id)
    if not can_end_course(call.person, course):
        raise NotPermittedError
    return course


def _list_courses(call: Call) -> QuerySet[Course]:
    return viewable_courses(call.person).filter(workspace=call.workspace)


def _describe(courses: QuerySet[Course]) -> QuerySet[Course]:
    return courses.select_related("schedule").prefetch_related("modules__assignments")


def _read_place(text: str) -> _Place:
    try:
        after, is_archived = signing.loads(text, salt=SALT)
    except signing.BadSignature as error:
        message = f"Found a nextToken that is none: {text[:40]!r}"
        raise NotFoundError(message) from error
    return _Place(after=after, is_archived=is_archived)
