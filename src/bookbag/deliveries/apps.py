"""The app of deliveries."""

from importlib import import_module

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """Pushing finished exports to storage elsewhere."""

    name = "bookbag.deliveries"
    label = "deliveries"

    def ready(self) -> None:
        """Follow exports; models are there only now."""
        import_module("bookbag.deliveries.signals")
