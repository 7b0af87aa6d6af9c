"""The Django app of the pages."""

import importlib

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, templates and static files."""

    name = "bookbag.web"
    label = "web"

    def ready(self) -> None:
        """Begin to record who signs in and out."""
        importlib.import_module("bookbag.web.signals")
