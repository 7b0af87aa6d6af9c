"""Who may look into a project of somebody's own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Visibility(models.TextChoices):
    """Who may look into a project that belongs to no assignment."""

    PRIVATE = "private", _("Private: only you")
    WORKSPACE = "workspace", _("Workspace: every member who has the address")
