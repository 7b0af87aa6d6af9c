"""The Django app of the API: it has a page of documentation."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Templates and static files of the documentation."""

    name = "bookbag.api"
    label = "api"
