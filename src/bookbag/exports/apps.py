"""The Django app of exports."""

import importlib

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Exports, their links and their mails."""

    name = "bookbag.exports"
    label = "exports"
    verbose_name = "Exports"

    def ready(self) -> None:
        """Register the checks, which need the models."""
        importlib.import_module("bookbag.exports.checks")
