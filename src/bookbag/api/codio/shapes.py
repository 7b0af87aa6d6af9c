"""What the JSON objects of answers look like.

Source: ``docs/codio.md``. A value that is not known is null, never made up.
"""

from datetime import UTC, datetime

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import User
from bookbag.domain.teaching.models import AssignmentSettings, CourseSchedule
from bookbag.domain.teaching.selectors import WorkState, WorkStatus
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState

Json = dict[str, object]


def show_time(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat("T", "seconds") + "Z"


def show_course(course: Course) -> Json:
    """Return a course with its modules and assignments."""
    schedule = getattr(course, "schedule", None) or CourseSchedule()
    return {
        "id": str(course.pk),
        "name": course.name,
        "description": course.description,
        "modules": [
            {
                "id": str(module.pk),
                "name": module.name,
                "assignments": [
                    {"id": str(assignment.pk), "name": assignment.name}
                    for assignment in module.assignments.all()
                ],
            }
            for module in course.modules.all()
        ],
        "creationDate": show_time(course.created_at),
        "archivedDate": show_time(course.archived_at),
        "archived": course.archived_at is not None,
        "start": show_time(schedule.starts_at),
        "end": show_time(schedule.ends_at),
        "timezone": schedule.time_zone or None,
        "tags": schedule.tags,
    }


def show_person(person: User) -> Json:
    """Return a student or teacher."""
    return {
        "id": str(person.pk),
        "name": person.full_name,
        "login": person.username,
        "email": person.email or None,
    }


def show_state_of_student(state: WorkState) -> Json:
    """Return how far a student is, as an assignment's list has it.

    The time is an object of seconds here, because that is what the client reads; the
    extensions go by the names of the specification and of the client.
    """
    progress, extension, done = state.progress, state.extension, state.completed_at
    deadline = None if extension is None else extension.deadline_minutes
    limit = None if extension is None else extension.limit_minutes
    return {
        "student_id": str(state.student.pk),
        "student_email": state.student.email or None,
        "student_name": state.student.full_name,
        "seconds_spent": None if progress is None else progress.seconds_spent,
        "grade": None if progress is None else progress.final_grade,
        "extra_credit": None if progress is None else progress.extra_credit,
        "status": state.status,
        "completion_date": None if done is None else {"seconds": int(done.timestamp())},
        "extendedDeadline": deadline,
        "extendedTimeLimit": limit,
        "deadlineExtension": deadline,
        "timeLimitExtension": limit,
    }


def show_state_of_assignment(state: WorkState) -> Json:
    """Return how far a student is in an assignment, as a student's list has it."""
    shown: Json = {
        "assignment_name": state.assignment.name,
        "assignment_id": str(state.assignment.pk),
        "module_name": state.assignment.module.name,
        "module_id": str(state.assignment.module.pk),
        "started": state.status is not WorkStatus.NOT_STARTED,
    }
    progress, extension = state.progress, state.extension
    if progress is None and extension is None and not state.has_project:
        return shown
    shown["progress"] = {
        "seconds_spent": None if progress is None else progress.seconds_spent,
        "grade": None if progress is None else progress.final_grade,
        "status": state.status,
        "completion_date": show_time(state.completed_at),
        "extended_deadline": extension and extension.deadline_minutes,
        "extended_time_limit": extension and extension.limit_minutes,
    }
    return shown


def show_settings(assignment: Assignment) -> Json:
    """Return all settings of an assignment; what nobody set is null.

    Times go by the names of the client and of the specification.
    """
    kept = getattr(assignment, "settings", None) or AssignmentSettings()
    start, due, end = map(show_time, (kept.starts_at, kept.due_at, kept.ends_at))
    return {
        "name": assignment.name,
        "description": kept.description or None,
        "imageUrl": kept.image_url or None,
        "gigaboxSlot": {"boxType": kept.box_type} if kept.box_type else None,
        "isDisabled": kept.is_disabled,
        "releaseGrades": kept.releases_grades,
        "enableResetAssignmentByStudent": kept.allows_reset,
        "disableDownloadByStudent": kept.forbids_download,
        "visibilityOnDisabled": kept.when_disabled or None,
        "visibilityOnCompleted": kept.when_completed or None,
        "startTime": start,
        "dueTime": due,
        "endTime": end,
        "start": start,
        "due": due,
        "end": end,
        "action": kept.end_action or None,
        "markAsCompleteOnDueDate": kept.completes_when_due,
        "penaltiesV2": _with_both_spellings(kept.penalties) or None,
        "examMode": kept.exam_mode or None,
    }


def show_export(export: Export, url: str) -> Json:
    """Return how far an export is, with the address of its file when it is ready."""
    shown: Json = {"taskId": str(export.pk), "done": not export.is_active}
    if export.is_downloadable:
        shown["url"] = url
    elif not export.is_active:
        shown["error"] = _say_failure(export)
    return shown


def _say_failure(export: Export) -> str:
    if export.state == ExportState.FAILED:
        return export.failure_sentence or "The export failed."
    if export.state == ExportState.CANCELLED:
        return "The export was cancelled."
    return "The export has expired: ask for a new one."


def _with_both_spellings(penalties: dict[str, object]) -> Json:
    shown = dict(penalties)
    if "enabled" in shown:
        shown["enable"] = shown["enabled"]
    return shown
