"""The Django app of restores."""

from django.apps import AppConfig


class RestoringConfig(AppConfig):
    """Restores of courses, each a job."""

    name = "bookbag.imports.restoring"
    label = "restoring"
    verbose_name = "Restores"
