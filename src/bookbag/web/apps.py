"""The Django apps of the pages and of the operator's admin."""

import importlib

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class OperatorAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site."""

    default = False
    default_site = "bookbag.web.operators.OperatorSite"


class WebConfig(AppConfig):
    """Pages, templates and static files."""

    default = True
    name = "bookbag.web"
    label = "web"

    def ready(self) -> None:
        """Begin to record who signs in and out."""
        importlib.import_module("bookbag.web.signals")
