"""Pages of courses: the list, and a course's tabs."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookbag.domain.activity.selectors import first_event_at, oldest_kept
from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.courses.selectors import (
    count_assignment,
    list_assignment_projects,
    list_assignments,
    list_courses,
    list_students,
    list_teachers,
)
from bookbag.domain.lti.selectors import describe_launches, list_integration_urls
from bookbag.domain.policies import (
    can_change_course,
    can_end_course,
    can_export_course,
    restorable_courses,
    viewable_courses,
    visible_learners,
)
from bookbag.exports.catalogue.options import list_zones
from bookbag.web.lists import read_page
from bookbag.web.requests import find_course, find_taught_course, get_person

SHOWN = ("active", "archived", "deleted")
"""The tabs of the list."""


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the courses."""
    return redirect("courses")


@require_safe
@login_required
def courses(request: HttpRequest) -> HttpResponse:
    """Show the courses that the person may open."""
    search = request.GET.get("search", "").strip()
    person = get_person(request)
    asked = request.GET.get("shown", SHOWN[0])
    shown = asked if asked in SHOWN else SHOWN[0]
    viewable = viewable_courses(person).filter(archived_at__isnull=shown != "archived")
    context = {
        "courses": list_courses(viewable, search),
        "deleted": restorable_courses(person),
        "shown": shown,
        "search": search,
    }
    return render(request, "web/courses.html", context)


@require_safe
@login_required
def overview(request: HttpRequest, course_id: int) -> HttpResponse:
    """Show a course's assignments and how far the work is."""
    course = find_course(request, course_id)
    context = _frame(request, course, "overview")
    assignments = list_assignments(course)
    context |= {
        "assignments": assignments,
        "student_count": assignments[0].student_count if assignments else 0,
        "teachers": list_teachers(course),
    }
    return render(request, "web/course_overview.html", context)


@require_safe
@login_required
def students(request: HttpRequest, course_id: int) -> HttpResponse:
    """Show a course's students to those who may take their data out."""
    course = find_taught_course(request, course_id)
    search = request.GET.get("search", "").strip()
    context = _frame(request, course, "students")
    only = visible_learners(get_person(request), course)
    shown = list_students(course, search, only=only)
    context |= {"students": shown, "search": search}
    return render(request, "web/course_students.html", context)


@require_safe
@login_required
def administration(request: HttpRequest, course_id: int) -> HttpResponse:
    """Show a course's facts and what can be exported."""
    course = find_taught_course(request, course_id)
    context = _frame(request, course, "admin")
    context |= {
        "teachers": list_teachers(course),
        "first_access": first_event_at(course, timezone.now()),
        "access_days": settings.BOOKBAG_ACCESS_DAYS,
        "launches": describe_launches(course),
        "may_end": can_end_course(get_person(request), course),
        "undo_days": settings.BOOKBAG_UNDO_DAYS,
        "may_change": can_change_course(get_person(request), course),
        "kept_since": oldest_kept(timezone.now()),
        "zones": list_zones(),
        "own_zone": timezone.get_current_timezone_name(),
    }
    return render(request, "web/course_admin.html", context)


@require_safe
@login_required
def assignment(
    request: HttpRequest, course_id: int, assignment_id: int
) -> HttpResponse:
    """Show an assignment's settings, how far the work is, and what can be exported."""
    course = find_taught_course(request, course_id)
    found = get_object_or_404(
        Assignment.objects.select_related("module", "course"),
        course=course,
        pk=assignment_id,
    )
    context = _frame(request, course, "overview")
    urls = {url.assignment: url.url for url in list_integration_urls(course)}
    search = request.GET.get("search", "").strip()
    only = visible_learners(get_person(request), course)
    projects = list_assignment_projects(found, search, only=only)
    context |= {
        "page": read_page(request, projects),
        "search": search,
        "chosen": {"search": search},
        "assignment": found,
        "state": count_assignment(found),
        "integration_url": urls.get(found),
    }
    return render(request, "web/assignment.html", context)


def _frame(request: HttpRequest, course: Course, tab: str) -> dict[str, object]:
    return {
        "course": course,
        "tab": tab,
        "may_export": can_export_course(get_person(request), course),
    }
