"""Enrolments and projects of a course, for those who may take its data out."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from bookbag.api.authentication import get_person
from bookbag.api.fields import Id, PersonRef, ShortText, given
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.resource import Resource
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.courses.models import Enrolment, EnrolmentRole, Project
from bookbag.domain.finding import find_project, find_taught_course

resource = Resource("Enrolments")
READ = TokenScope.COURSES_READ


class EnrolmentOut(Schema):
    """A user in a course; who was removed keeps the row."""

    id: int
    external_id: str
    user_id: int
    username: str
    email: str
    first_name: str
    last_name: str
    role: EnrolmentRole
    is_read_only: bool
    enrolled_at: datetime
    removed_at: datetime | None


class ProjectOut(Schema):
    """A student's work: a folder of files, in an assignment or their own."""

    id: int
    course_id: int | None
    assignment_id: int | None
    owner: PersonRef
    path: str
    stack: str | None
    created_at: datetime


class EnrolmentQuery(Paging):
    """Which enrolments to list."""

    sort: Literal["id", "-id"] = "id"
    role: EnrolmentRole | None = None
    is_removed: bool | None = None
    external_id: ShortText | None = None


class ProjectQuery(Paging):
    """Which projects to list."""

    sort: Literal["id", "-id"] = "id"
    assignment_id: Id | None = None
    owner_id: Id | None = None


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}/enrolments",
    scope=READ,
    answers={200: Page[EnrolmentOut]},
    refuses=(404, 422),
)
def list_enrolments(
    request: HttpRequest,
    response: HttpResponse,
    course_id: Id,
    query: Query[EnrolmentQuery],
) -> Page[EnrolmentOut]:
    """List who is and was in a course."""
    course = find_taught_course(get_person(request), course_id)
    chosen = given(role=query.role, external_id=query.external_id)
    found = Enrolment.objects.filter(course=course, **chosen).select_related("user")
    if query.is_removed is not None:
        found = found.filter(removed_at__isnull=not query.is_removed)
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present)


@resource.endpoint(
    "GET",
    "/courses/{int:course_id}/projects",
    scope=READ,
    answers={200: Page[ProjectOut]},
    refuses=(404, 422),
)
def list_projects(
    request: HttpRequest,
    response: HttpResponse,
    course_id: Id,
    query: Query[ProjectQuery],
) -> Page[ProjectOut]:
    """List the projects of a course."""
    course = find_taught_course(get_person(request), course_id)
    found = Project.objects.filter(assignment__course=course)
    found = found.select_related("assignment", "owner", "stack")
    found = found.filter(**given(assignment=query.assignment_id, owner=query.owner_id))
    part = read_slice(found, sort=query.sort, limit=query.limit, cursor=query.cursor)
    return answer_page(request, response, part, _present_project)


@resource.endpoint(
    "GET",
    "/projects/{int:project_id}",
    scope=READ,
    answers={200: ProjectOut},
    refuses=(404, 422),
)
def get_project(request: HttpRequest, project_id: Id) -> ProjectOut:
    """Return a project: to its owner, and to who teaches it."""
    return _present_project(find_project(get_person(request), project_id))


def _present(enrolment: Enrolment) -> EnrolmentOut:
    user = enrolment.user
    return EnrolmentOut(
        id=enrolment.pk,
        external_id=enrolment.external_id,
        user_id=user.pk,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        role=EnrolmentRole(enrolment.role),
        is_read_only=enrolment.is_read_only,
        enrolled_at=enrolment.enrolled_at,
        removed_at=enrolment.removed_at,
    )


def _present_project(project: Project) -> ProjectOut:
    assignment = project.assignment
    return ProjectOut(
        id=project.pk,
        course_id=None if assignment is None else assignment.course_id,
        assignment_id=project.assignment_id,
        owner=PersonRef(id=project.owner_id, name=project.owner.full_name),
        path=project.path,
        stack=None if project.stack is None else str(project.stack),
        created_at=project.created_at,
    )
