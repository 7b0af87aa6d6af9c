"""What views read from a request: who asks, and what they ask about.

What the person may not know of is a page that is not there (``Http404``); what they may
know of and not do is refused (``PermissionDenied``).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.http import Http404, HttpRequest

from bookbag.domain import finding
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.finding import NotVisibleError
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.models import Export
from bookbag.exports.selectors import get_export
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.selectors import get_import


def get_person(request: HttpRequest) -> User:
    """Return who is signed in; views that call it require a sign-in."""
    return cast("User", request.user)


def find_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course that the person may open."""
    with _missing_pages():
        return finding.find_course(get_person(request), course_id)


def find_taught_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course whose data the person may take out."""
    with _missing_pages():
        return finding.find_taught_course(get_person(request), course_id)


def find_changed_course(request: HttpRequest, course_id: int) -> Course:
    """Return a course that the person may change."""
    with _missing_pages():
        return finding.find_changed_course(get_person(request), course_id)


def find_project(request: HttpRequest, project_id: int) -> Project:
    """Return a project that the person may open."""
    with _missing_pages():
        return finding.find_project(get_person(request), project_id)


def find_import(request: HttpRequest, import_id: uuid.UUID) -> ProjectImport:
    """Return an import of the person's own.

    Raises:
        Http404: If there is none, or it is not for this person.
    """
    try:
        return get_import(get_person(request), import_id)
    except ProjectImport.DoesNotExist as error:
        raise Http404 from error


def find_workspace(request: HttpRequest, slug: str) -> Workspace:
    """Return a workspace that the person is an active member of."""
    with _missing_pages():
        return finding.find_workspace(get_person(request), slug)


def find_administered_workspace(request: HttpRequest, slug: str) -> Workspace:
    """Return a workspace that the person is an owner or admin of."""
    with _missing_pages():
        return finding.find_administered_workspace(get_person(request), slug)


def find_export(request: HttpRequest, export_id: uuid.UUID) -> Export:
    """Return an export that the person may see."""
    try:
        return get_export(get_person(request), export_id)
    except Export.DoesNotExist as error:
        raise Http404 from error


@contextmanager
def _missing_pages() -> Iterator[None]:
    try:
        yield
    except NotVisibleError as error:
        raise Http404 from error
