"""The Django app of schedules."""

from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    """Schedules, their runs and their mails."""

    name = "bookbag.exports.schedules"
    label = "schedules"
    verbose_name = "Schedules"
