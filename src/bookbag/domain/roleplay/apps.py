"""The Django app of role-play."""

from django.apps import AppConfig


class RoleplayConfig(AppConfig):
    """Scenarios, programs and sessions."""

    name = "bookbag.domain.roleplay"
    label = "roleplay"
    verbose_name = "Role-play"
