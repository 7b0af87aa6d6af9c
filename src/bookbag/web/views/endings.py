"""Archiving and deleting a course, and taking either back."""

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookbag.domain.courses.ending import (
    CourseError,
    archive_course,
    delete_course,
    list_outdated_students,
    plan_archiving,
    restore_deleted,
    unarchive_course,
)
from bookbag.domain.courses.models import Course
from bookbag.domain.policies import can_end_course, restorable_courses
from bookbag.domain.terms import get_terms
from bookbag.exports.safeguards import find_safeguard
from bookbag.web.requests import find_course, get_person

ARCHIVING = "make read-only"


@require_POST
@login_required
def archive(request: HttpRequest, course_id: int) -> HttpResponse:
    """Archive a course, when the words for it were typed."""
    course = _find_course(request, course_id)
    if request.POST.get("typed", "").strip() != ARCHIVING:
        text = _("Found other words, expected “%(words)s”. Nothing was changed.")
        messages.error(request, text % {"words": ARCHIVING})
    else:
        archive_course(course)
        messages.success(request, _("It is archived: read-only, still exportable."))
    return redirect("course-admin", course_id=course.pk)


@require_POST
@login_required
def plan(request: HttpRequest, course_id: int) -> HttpResponse:
    """Choose the day from which a course is archived by itself, or none."""
    course = _find_course(request, course_id)
    given = request.POST.get("archives_on", "").strip()
    try:
        plan_archiving(course, date.fromisoformat(given) if given else None)
    except CourseError as error:
        messages.error(request, str(error))
    except ValueError:
        text = _("Found “%(given)s”, expected a day such as 2027-01-31.")
        messages.error(request, text % {"given": given[:40]})
    else:
        messages.success(request, _("The day was saved."))
    return redirect("course-admin", course_id=course.pk)


@require_POST
@login_required
def unarchive(request: HttpRequest, course_id: int) -> HttpResponse:
    """Make an archived course writable again."""
    course = _find_course(request, course_id)
    unarchive_course(course)
    messages.success(request, _("It is active again."))
    return redirect("course-admin", course_id=course.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete(request: HttpRequest, course_id: int) -> HttpResponse:
    """Say what deleting a course means, and delete it when the words were typed."""
    course = _find_course(request, course_id)
    words = f'delete {get_terms().course_lower} "{course.name}"'
    if request.method == "POST":
        if request.POST.get("typed", "").strip() == words:
            delete_course(
                course=course,
                actor=get_person(request),
                with_students="with_students" in request.POST,
            )
            text = _("%(name)s was deleted. It can be brought back for %(days)s days.")
            facts = {"name": course.name, "days": settings.BOOKBAG_UNDO_DAYS}
            messages.success(request, text % facts)
            return redirect("courses")
        text = _("Found other words, expected “%(words)s”. Nothing was deleted.")
        messages.error(request, text % {"words": words})
    context = {
        "course": course,
        "tab": "admin",
        "may_export": True,
        "words": words,
        "safeguard": find_safeguard(course),
        "outdated": list_outdated_students(course),
        "undo_days": settings.BOOKBAG_UNDO_DAYS,
    }
    return render(request, "web/course_delete.html", context)


@require_POST
@login_required
def restore(request: HttpRequest, course_id: int) -> HttpResponse:
    """Bring a deleted course back."""
    course = get_object_or_404(restorable_courses(get_person(request)), pk=course_id)
    try:
        restore_deleted(course)
    except CourseError as error:
        messages.error(request, str(error))
        return redirect("courses")
    messages.success(request, _("%(name)s is back.") % {"name": course.name})
    return redirect("course", course_id=course.pk)


def _find_course(request: HttpRequest, course_id: int) -> Course:
    course = find_course(request, course_id)
    if not can_end_course(get_person(request), course):
        raise PermissionDenied
    return course
