"""The Django app of activity."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """Access events and sign-ins."""

    name = "bookbag.domain.activity"
    label = "activity"
    verbose_name = "Activity"
