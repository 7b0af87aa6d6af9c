"""The Django app of how courses are taught."""

from django.apps import AppConfig


class TeachingConfig(AppConfig):
    """Dates of courses, settings of assignments, more time, mentors and sources."""

    name = "bookbag.domain.teaching"
    label = "teaching"
