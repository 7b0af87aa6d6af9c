"""The Django app of people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Users, workspaces and members."""

    name = "bookbag.domain.people"
    label = "people"
    verbose_name = "People"
