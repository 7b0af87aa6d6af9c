"""Files of a person: copies of their work, uploads, and exports that hold them."""

from pathlib import Path

from django.db import transaction
from django.db.models import Q, QuerySet

from bookbag.deliveries.models import Delivery
from bookbag.domain.activity.deletion import remove_copied
from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import User
from bookbag.erasure.errors import ErasureError
from bookbag.erasure.names import Names
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.retention import sweep_expired
from bookbag.exports.states import ACTIVE_STATES, ExportState
from bookbag.exports.webhooks.models import WebhookEvent
from bookbag.imports.projects.folders import remove_attempts, remove_upload
from bookbag.imports.projects.models import ProjectImport


def find_exports(person: User) -> QuerySet[Export]:
    """Return the exports that hold a person, or that they asked for."""
    of_workspaces = Q(
        workspace__members__user=person, course=None, subject=None, project=None
    )
    return Export.objects.filter(
        Q(subject=person)
        | Q(requested_by=person)
        | Q(course__enrolments__user=person)
        | Q(project__owner=person)
        | of_workspaces
    ).distinct()


def check_exports(person: User) -> None:
    """Refuse while an export is made that would hold the person.

    Raises:
        ErasureError: If there is one.
    """
    count = find_exports(person).filter(state__in=ACTIVE_STATES).count()
    if count:
        message = (
            f"Found {count} exports that wait or run and hold {person.username!r}, "
            "expected none: cancel them, or wait"
        )
        raise ErasureError(message)


def erase_exports(person: User, names: Names) -> int:
    """Remove the files and receipts of exports that hold a person; return how many.

    Their rows stay, since others asked for them, without the person's names.
    """
    found = list(find_exports(person))
    for export in found:
        with transaction.atomic():
            if export.state == ExportState.READY:
                step_export(export, ExportState.EXPIRED)
            ExportReceipt.objects.filter(export=export).delete()
            WebhookEvent.objects.filter(export=export).delete()
            Export.objects.filter(pk=export.pk).update(
                scope_name=names.cover(export.scope_name),
                file_name=names.cover(export.file_name),
                options={n: names.cover(str(v)) for n, v in export.options.items()},
            )
            for delivery in Delivery.objects.filter(export=export):
                delivery.remote_name = names.cover(delivery.remote_name)
                delivery.save(update_fields=["remote_name"])
    sweep_expired()
    return len(found)


def erase_work(person: User) -> tuple[int, list[str]]:
    """Remove the copies of a person's work, and what they uploaded.

    Returns:
        How many folders were removed, and those that are not ours and stay.
    """
    removed, kept = 0, []
    for folder in Project.objects.filter(owner=person).values_list(
        "files_folder", flat=True
    ):
        if remove_copied(Path(folder)):
            removed += 1
        else:
            kept.append(folder)
    for key in ProjectImport.objects.filter(owner=person).values_list("pk", flat=True):
        remove_upload(key)
        remove_attempts(key)
    return removed, kept
