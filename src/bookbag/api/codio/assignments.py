"""Assignments: their settings, more time for a student, and publishing."""

from collections.abc import Iterable
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from bookbag.api.codio.calls import Call
from bookbag.api.codio.inputs import ExtensionInput, SettingsInput, read_body
from bookbag.api.codio.lookups import (
    find_assignment,
    find_changed_course,
    find_course,
    find_student,
    parse_key,
)
from bookbag.api.codio.shapes import Json, show_settings
from bookbag.api.errors import RequestInvalidError
from bookbag.domain.teaching.services import change_settings, extend_time
from bookbag.imports.publishing import find_published, publish_archive

ARCHIVE_FIELDS = ("archive", "file")
"""As the client and the specification call the archive."""


def get_settings(call: Call, course_id: str, assignment_id: str) -> Json:
    """Return all settings of an assignment."""
    assignment = find_assignment(find_course(call, course_id), assignment_id)
    return show_settings(assignment)


def update_settings(call: Call, course_id: str, assignment_id: str) -> Json:
    """Change those settings that the body names, and return all of them."""
    assignment = find_assignment(find_changed_course(call, course_id), assignment_id)
    wanted = read_body(call.request, SettingsInput)
    change_settings(assignment, wanted.model_dump(exclude_unset=True))
    assignment.refresh_from_db()
    return show_settings(assignment)


def extend(call: Call, course_id: str, assignment_id: str, student_id: str) -> Json:
    """Give a student more time."""
    course = find_changed_course(call, course_id)
    assignment = find_assignment(course, assignment_id)
    student = find_student(course, student_id)
    wanted = read_body(call.request, ExtensionInput)
    extend_time(assignment, student, wanted.model_dump(exclude_unset=True))
    return {}


def publish(call: Call, course_id: str, assignment_id: str) -> Json:
    """Publish an archive as what an assignment begins with."""
    course = find_changed_course(call, course_id)
    assignment = find_assignment(course, assignment_id)
    archive = _find_archive(call.request)
    source = publish_archive(
        assignment,
        archive,
        changelog=call.request.POST.get("changelog", ""),
        publisher=call.person,
    )
    place = f"/api/v1/courses/{course.pk}/assignments/{assignment.pk}/publishes"
    return {
        "taskId": str(source.version),
        "taskUri": f"{call.root}{place}/{source.version}",
    }


def show_publish(call: Call, course_id: str, assignment_id: str, task_id: str) -> Json:
    """Return that a version was published; it was when its call was answered."""
    assignment = find_assignment(find_course(call, course_id), assignment_id)
    find_published(assignment, parse_key(task_id))
    return {"taskId": task_id, "done": True}


def _find_archive(request: HttpRequest) -> Iterable[bytes]:
    if request.POST.get("withStackUpdate", "false") not in ("", "false"):
        message = "Found withStackUpdate, expected none: stacks are not published here"
        raise RequestInvalidError(message)
    for name in ARCHIVE_FIELDS:
        for sent in request.FILES.getlist(name):
            return cast("UploadedFile[bytes]", sent).chunks()
    message = f"Found no file, expected one in the form: {ARCHIVE_FIELDS[0]}"
    raise RequestInvalidError(message)
