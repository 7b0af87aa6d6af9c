"""Courses with their modules and assignments, for whoever may open them."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from bookbag.api.authentication import get_person
from bookbag.api.fields import Id, ShortText
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Assignment, AssignmentKind, Course, Module
from bookbag.domain.courses.selectors import list_courses as select_courses
from bookbag.domain.finding import find_course
from bookbag.domain.policies import viewable_courses

resource = Resource("Courses")
READ = TokenScope.COURSES_READ


class CourseOut(Schema):
    """What students are enrolled in."""

    id: int
    workspace: str
    name: str
    title: str
    description: str
    student_count: int
    assignment_count: int
    created_at: datetime
    archived_at: datetime | None


class ModuleOut(Schema):
    """An ordered section of a course."""

    id: int
    name: str
    position: int


class AssignmentOut(Schema):
    """One piece of work; a book-based one names its book."""

    id: int
    module_id: int
    name: str
    folder: str
    kind: AssignmentKind
    book_name: str
    position: int


class CourseQuery(Paging):
    """Which courses to list."""

    sort: Literal["id", "-id", "name", "-name"] = "id"
    workspace: ShortText | None = None
    search: ShortText = ""
    is_archived: bool | None = None


class PartQuery(Paging):
    """Which parts of a course to list."""

    sort: Literal["id", "-id"] = "id"


@resource.endpoint(
    "GET", "/courses", scope=READ, answers={200: Page[CourseOut]}, refuses=(422,)
)
def list_courses(
    request: HttpRequest, response: HttpResponse, query: Query[CourseQuery]
) -> Page[CourseOut]:
    """List the courses that the caller may open."""
    found = select_courses(viewable_courses(get_person(request)), query.search)
    if query.workspace is not None:
        found = found.filter(workspace__slug=query.workspace)
    if query.is_archived is not None:
        found = found.filter(archived_at__isnull=not query.is_archived)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present)


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}",
    scope=READ,
    answers={200: CourseOut},
    refuses=(404, 422),
)
def get_course(request: HttpRequest, course_id: Id) -> CourseOut:
    """Return a course."""
    course = find_course(get_person(request), course_id)
    return _present(select_courses(Course.objects.filter(pk=course.pk)).get())


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}/modules",
    scope=READ,
    answers={200: Page[ModuleOut]},
    refuses=(404, 422),
)
def list_modules(
    request: HttpRequest, response: HttpResponse, course_id: Id, query: Query[PartQuery]
) -> Page[ModuleOut]:
    """List the modules of a course."""
    course = find_course(get_person(request), course_id)
    found = Module.objects.filter(course=course)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_module)


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}/assignments",
    scope=READ,
    answers={200: Page[AssignmentOut]},
    refuses=(404, 422),
)
def list_assignments(
    request: HttpRequest, response: HttpResponse, course_id: Id, query: Query[PartQuery]
) -> Page[AssignmentOut]:
    """List the assignments of a course."""
    course = find_course(get_person(request), course_id)
    found = Assignment.objects.filter(course=course)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_assignment)


def _present(course: Course) -> CourseOut:
    return CourseOut(
        id=course.pk,
        workspace=course.workspace.slug,
        name=course.name,
        title=course.title,
        description=course.description,
        student_count=getattr(course, "student_count", 0),
        assignment_count=getattr(course, "assignment_count", 0),
        created_at=course.created_at,
        archived_at=course.archived_at,
    )


def _present_module(module: Module) -> ModuleOut:
    return ModuleOut(id=module.pk, name=module.name, position=module.position)


def _present_assignment(assignment: Assignment) -> AssignmentOut:
    return AssignmentOut(
        id=assignment.pk,
        module_id=assignment.module_id,
        name=assignment.name,
        folder=assignment.folder,
        kind=AssignmentKind(assignment.kind),
        book_name=assignment.book_name,
        position=assignment.position,
    )
