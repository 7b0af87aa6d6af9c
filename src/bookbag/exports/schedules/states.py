"""The states of schedules and of their runs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScheduleState(models.TextChoices):
    """Whether a schedule goes on."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")
    FINISHED = "finished", _("Finished")


class RunState(models.TextChoices):
    """What became of one run of a schedule."""

    STARTED = "started", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
