"""The Django app of webhooks."""

import importlib

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks, what they are told, and the log of it."""

    name = "bookbag.exports.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        """Listen to the steps of exports, which needs the models."""
        importlib.import_module("bookbag.exports.webhooks.events")
