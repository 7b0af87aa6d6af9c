"""The purposes of a workspace's pseudonymised exports, and the end of their keys."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.errors import PurposeNotFoundError
from bookbag.exports.lifecycle import step_export
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.pseudonyms.models import PseudonymKey
from bookbag.exports.retention import sweep_expired
from bookbag.exports.states import ExportState

UNNAMED = "pseudonymised"
"""The name of a file whose own name held a pseudonym."""


def list_purposes(workspace: Workspace) -> QuerySet[PseudonymKey]:
    """Return the purposes that pseudonyms of a workspace were made for."""
    keys = PseudonymKey.objects.filter(workspace=workspace)
    return keys.select_related("made_by")


def destroy_key(
    workspace: Workspace, purpose: str, *, person: User | None = None
) -> int:
    """Destroy the key of a purpose: its pseudonyms say nothing any more, for ever.

    Files that are still kept stay; but of exports about one person the server forgets
    which file it was, because the request names the person and the file the pseudonym.

    Args:
        workspace: Whose purpose it is.
        purpose: Its name.
        person: Who does it; by default whoever the face says is there.

    Returns:
        How many files were removed.

    Raises:
        PurposeNotFoundError: If there is no such purpose with a key.
    """
    with transaction.atomic():
        destroyed = PseudonymKey.objects.filter(
            workspace=workspace, purpose=purpose, destroyed_at__isnull=True
        ).update(sealed_key="", destroyed_at=timezone.now())
        if not destroyed:
            raise PurposeNotFoundError(purpose)
        deed = Deed(act=Act.PSEUDONYMS_DESTROYED, target=purpose)
        record(workspace.pk, deed, person=person)
    of_one = Export.objects.filter(
        workspace=workspace,
        subject__isnull=False,
        **{f"options__{PSEUDONYMISE}": purpose},
    )
    for export in of_one:
        _forget_file(export)
    return sweep_expired()


def _forget_file(export: Export) -> None:
    with transaction.atomic():
        if export.state == ExportState.READY:
            step_export(export, ExportState.EXPIRED)
        ExportReceipt.objects.filter(export=export).delete()
        Export.objects.filter(pk=export.pk).update(file_name=UNNAMED, sha256="")
