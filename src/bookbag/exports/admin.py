"""Exports in the operator's admin: to look at, never to change by hand."""

from django.contrib import admin
from django.http import HttpRequest

from bookbag.exports.models import Export, ExportEvent, MailMessage


class EventInline(admin.TabularInline[ExportEvent, Export]):
    """The history of an export."""

    model = ExportEvent
    extra = 0


@admin.register(Export)
class ExportAdmin(admin.ModelAdmin[Export]):
    """Exports with their history; only the job may change a row."""

    list_display = [
        "identifier",
        "scope_name",
        "state",
        "attempt",
        "requested_by",
        "requested_at",
        "size_bytes",
        "problem_count",
    ]
    list_filter = ["state", "identifier", "workspace"]
    search_fields = ["id", "scope_name"]
    inlines = [EventInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Answer no: exports are asked for, not written."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Export | None = None
    ) -> bool:
        """Answer no: a hand-made change could break the lease."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Export | None = None
    ) -> bool:
        """Answer no: the row is the record of what was taken out."""
        return False


@admin.register(MailMessage)
class MailMessageAdmin(admin.ModelAdmin[MailMessage]):
    """Mails that exports sent or will send."""

    list_display = ["kind", "export", "person", "state", "attempt", "due_at", "failure"]
    list_filter = ["state", "kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Answer no: mails are written by transitions."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: MailMessage | None = None
    ) -> bool:
        """Answer no: a mail that has left cannot be changed."""
        return False
