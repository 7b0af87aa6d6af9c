"""The Django app of the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Entries of the audit log, and their chains."""

    name = "bookbag.domain.audit"
    label = "audit"
    verbose_name = "Audit"
