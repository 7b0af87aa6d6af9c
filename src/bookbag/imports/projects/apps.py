"""The Django app of imported projects."""

from django.apps import AppConfig


class ProjectImportsConfig(AppConfig):
    """Uploads, and the projects that come of them."""

    name = "bookbag.imports.projects"
    label = "project_imports"
    verbose_name = "Imports of projects"
