"""What webhooks can hear of."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What became of an export."""

    READY = "export.ready", _("An export is ready")
    FAILED = "export.failed", _("An export failed")
    EXPIRING = "export.expiring", _("An export expires soon")
    EXPIRED = "export.expired", _("An export expired")
