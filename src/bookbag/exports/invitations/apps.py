"""The Django app of invitations."""

import importlib

from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    """Invitations and their mails."""

    name = "bookbag.exports.invitations"
    label = "invitations"
    verbose_name = "Invitations"

    def ready(self) -> None:
        """Begin to invite whom admins add."""
        importlib.import_module("bookbag.exports.invitations.inviting")
