"""Scopes: what a token is good for, beside what its bearer may do anyway."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookbag.domain.access.errors import GrantInvalidError


class TokenScope(models.TextChoices):
    """What a token may be used for; a scope that writes also reads."""

    WORKSPACES_READ = "workspaces:read", _("See workspaces")
    PEOPLE_READ = "people:read", _("See members and groups")
    PEOPLE_WRITE = "people:write", _("Add and change members and groups")
    COURSES_READ = (
        "courses:read",
        _("See courses, modules, assignments, enrolments and projects"),
    )
    COURSES_WRITE = "courses:write", _("Change enrolments")
    ACTIVITY_READ = "activity:read", _("See sessions and access events")
    ACTIVITY_WRITE = "activity:write", _("Add sessions and access events")
    EXPORTS_READ = "exports:read", _("See and download exports")
    EXPORTS_WRITE = (
        "exports:write",
        _("Ask for exports, schedule and cancel them"),
    )
    WEBHOOKS_READ = "webhooks:read", _("See webhooks and what they were told")
    WEBHOOKS_WRITE = "webhooks:write", _("Add and change webhooks")


def check_scopes(names: Iterable[str]) -> list[str]:
    """Return scopes in their own order, each once.

    Raises:
        GrantInvalidError: If there is none, or one is unknown.
    """
    wanted = set(names)
    unknown = sorted(wanted - set(TokenScope.values))
    if unknown or not wanted:
        found = ", ".join(repr(name[:40]) for name in unknown) or "no scope"
        message = f"Found {found}, expected some of {', '.join(TokenScope.values)}"
        raise GrantInvalidError(message)
    return [value for value in TokenScope.values if value in wanted]


def has_scope(granted: Iterable[str], needed: str) -> bool:
    """Answer whether granted scopes are enough: writing includes reading."""
    area, _, action = needed.partition(":")
    enough = {needed} | ({f"{area}:write"} if action == "read" else set())
    return not enough.isdisjoint(granted)
