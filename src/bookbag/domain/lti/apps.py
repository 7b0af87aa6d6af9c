"""The app of launches."""

from django.apps import AppConfig


class LtiConfig(AppConfig):
    """Launches from learning platforms."""

    name = "bookbag.domain.lti"
    label = "lti"
