"""Exports: asked for, waited for, and their files at addresses of their own."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from django.conf import settings

from bookbag.api.codio.calls import Call
from bookbag.api.codio.errors import ExportUnfinishedError, NothingToExportError
from bookbag.api.codio.lookups import find_assignment, find_course, find_student
from bookbag.api.codio.shapes import Json, show_export
from bookbag.api.errors import NotFoundError
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.teaching.models import PublishedSource
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import Export
from bookbag.exports.passes import issue_pass
from bookbag.exports.selectors import get_export, list_course_exports
from bookbag.exports.services import request_export

LOOK_SECONDS = 0.1
FOR_MACHINES = {"dialect": "csv-exact"}
"""Programs read these tables: no cell is guarded against spreadsheets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseExport:
    """An export of a whole course that is asked for, followed and listed."""

    identifier: str
    check: Callable[[Course], None] = lambda _course: None
    """Raises ``NothingToExportError`` where there is nothing to export."""

    def start(self, call: Call, course_id: str) -> Json:
        """Ask for it, or join the one that is running."""
        course = find_course(call, course_id)
        self.check(course)
        export = _request(call, self.identifier, ExportScope.of_course(course))
        return _show_task(call, export, f"{call.request.path_info}/progress")

    def show(self, call: Call, course_id: str, task_id: str) -> Json:
        """Return how far it is."""
        course = find_course(call, course_id)
        export = find_task(call, task_id, self.identifier)
        if export.course_id != course.pk:
            raise NotFoundError
        return show_export(export, make_url(call, export))

    def list_available(self, call: Call, course_id: str) -> list[Json]:
        """Return those that are running or can be downloaded."""
        course = find_course(call, course_id)
        return [
            show_export(export, make_url(call, export))
            for export in list_course_exports(call.person, course)
            if export.identifier == self.identifier
        ]


def _check_sources(course: Course) -> None:
    if not PublishedSource.objects.filter(assignment__course=course).exists():
        message = f"Found nothing published in {course.name!r}, expected something"
        raise NothingToExportError(message)


WORK = CourseExport(identifier="course-data")
SOURCES = CourseExport(identifier="course-sources", check=_check_sources)


def start_assessments(call: Call, course_id: str) -> Json:
    """Ask for the answers to assessments of some assignments."""
    course = find_course(call, course_id)
    wanted = call.request.GET.get("assignmentIds", "")
    keys = [
        str(find_assignment(course, key).pk) for key in wanted.split(",") if key.strip()
    ]
    export = _request(
        call,
        "assessment-data",
        ExportScope.of_course(course),
        {**FOR_MACHINES, "assignments": " ".join(keys)},
    )
    return _show_task(call, export, f"{call.request.path_info}/download")


def show_assessments(call: Call, course_id: str, task_id: str) -> Json:
    """Return how far an export of assessments is."""
    return CourseExport(identifier="assessment-data").show(call, course_id, task_id)


def start_project(
    call: Call, course_id: str, assignment_id: str, student_id: str
) -> Json:
    """Ask for a student's project in an assignment."""
    course = find_course(call, course_id)
    assignment = find_assignment(course, assignment_id)
    student = find_student(course, student_id)
    project = Project.objects.filter(assignment=assignment, owner=student).first()
    if project is None:
        message = f"Found no project of {student.username!r} in {assignment.name!r}"
        raise NotFoundError(message)
    export = _request(call, "project-tar", ExportScope.of_project(project))
    return _show_task(call, export, call.request.path_info)


def show_project(
    call: Call, course_id: str, assignment_id: str, student_id: str, task_id: str
) -> Json:
    """Return how far the export of a student's project is."""
    course = find_course(call, course_id)
    assignment = find_assignment(course, assignment_id)
    export = find_task(call, task_id, "project-tar")
    student = find_student(course, student_id)
    if (export.assignment_id, export.subject_id) != (assignment.pk, student.pk):
        raise NotFoundError
    return show_export(export, make_url(call, export))


def export_student_csv(call: Call, course_id: str, student_id: str) -> str:
    """Return the address of a student's results, when they are ready."""
    course = find_course(call, course_id)
    scope = ExportScope.of_student(course, find_student(course, student_id))
    return _wait(call, _request(call, "student-csv", scope, FOR_MACHINES))


def export_assignment_csv(call: Call, course_id: str, assignment_id: str) -> str:
    """Return the address of an assignment's results, when they are ready."""
    assignment = find_assignment(find_course(call, course_id), assignment_id)
    scope = ExportScope.of_assignment(assignment)
    return _wait(call, _request(call, "assignment-csv", scope, FOR_MACHINES))


def refuse_coach(call: Call, course_id: str) -> Json:
    """Refuse what Bookbag has no record of: what students asked a coach."""
    find_course(call, course_id)
    raise NothingToExportError("Found no coach logs: Bookbag keeps no such record")


def refuse_llm_proxy(call: Call, course_id: str) -> Json:
    """Refuse what Bookbag has no record of: what went to language models."""
    find_course(call, course_id)
    raise NothingToExportError("Found no LLM proxy logs: Bookbag keeps no such record")


def refuse_task(call: Call, course_id: str, task_id: str) -> Json:
    """Answer for a task of a kind that is never started."""
    find_course(call, course_id)
    message = f"Found no task, expected one: {task_id[:100]!r}"
    raise NotFoundError(message)


def find_task(call: Call, task_id: str, identifier: str) -> Export:
    """Return the export that a task is.

    Raises:
        NotFoundError: If there is none of that kind in the caller's workspace.
    """
    try:
        export = get_export(call.person, UUID(task_id))
    except (ValueError, Export.DoesNotExist) as error:
        message = f"Found no task, expected one: {task_id[:100]!r}"
        raise NotFoundError(message) from error
    if export.identifier != identifier or export.workspace_id != call.workspace.pk:
        raise NotFoundError
    return export


def make_url(call: Call, export: Export) -> str:
    """Return the address of an export's file; it needs no bearer.

    Empty as long as there is no file.
    """
    if not export.is_downloadable:
        return ""
    name = quote(export.file_name, safe="")
    return f"{call.root}/files/{issue_pass(export, call.person)}/{name}"


def _request(
    call: Call,
    identifier: str,
    scope: ExportScope,
    options: Mapping[str, str] | None = None,
) -> Export:
    return request_export(
        person=call.person, identifier=identifier, scope=scope, options=options
    )


def _show_task(call: Call, export: Export, place: str) -> Json:
    # Under a prefix the root has it already.
    place = quote(place[place.index("/api/") :], safe="/@")
    return {"taskId": str(export.pk), "taskUri": f"{call.root}{place}/{export.pk}"}


def _wait(call: Call, export: Export) -> str:
    deadline = time.monotonic() + settings.BOOKBAG_CODIO_WAIT_SECONDS
    while export.is_active and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        export.refresh_from_db()
    export = find_task(call, str(export.pk), export.identifier)  # still theirs?
    if not export.is_downloadable:
        reason = export.failure_sentence or f"it is {export.state}"
        message = f"Found an export that is not ready: {reason}. Ask again later."
        raise ExportUnfinishedError(message)
    return make_url(call, export)
