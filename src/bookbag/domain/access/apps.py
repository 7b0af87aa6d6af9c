"""The Django app of access for programs."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Personal access tokens, service clients and how often they are used."""

    name = "bookbag.domain.access"
    label = "access"
