"""The Django app of courses."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Courses, assignments, enrolments and projects."""

    name = "bookbag.domain.courses"
    label = "courses"
    verbose_name = "Courses"
