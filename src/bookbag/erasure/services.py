"""Erasing a person from this server, whole; what cannot be reached is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from bookbag.deliveries.models import Delivery, DeliveryState
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.audit.redaction import redact_entries
from bookbag.domain.people.models import Member, User, Workspace
from bookbag.erasure.errors import ErasureError
from bookbag.erasure.files import check_exports, erase_exports, erase_work, find_exports
from bookbag.erasure.names import Names
from bookbag.erasure.rows import erase_account, erase_rows, erase_sign_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What an erasure did, and what it could not reach."""

    pseudonym: str
    """What stands in the audit log now."""
    rows: Mapping[str, int]
    export_count: int
    """Exports that held the person; their files and receipts are gone."""
    folder_count: int
    """Copies of their work that were removed."""
    kept_folders: tuple[str, ...]
    """Folders of theirs that belong to somebody else, and stay."""
    delivered_count: int
    """Copies that were sent to targets, which only their owners can delete."""
    entry_count: int
    """Entries of the audit log that name a pseudonym now."""
    is_account_deleted: bool
    """Otherwise an empty account stays, on which records of others stand."""


def check_erasure(person: User, workspace: Workspace | None = None) -> None:
    """Refuse an erasure that is not possible now, or not from one workspace.

    Raises:
        ErasureError: If the person is needed elsewhere, or an export runs.
    """
    elsewhere = Member.objects.filter(user=person)
    if workspace is not None and elsewhere.exclude(workspace=workspace).exists():
        message = (
            f"Found {person.username!r} in another workspace too, expected only this "
            "one: the server's operator can erase them everywhere"
        )
        raise ErasureError(message)
    check_exports(person)


def erase_person(person: User, *, actor: User | None = None) -> Erasure:
    """Erase everything of a person; it cannot be undone.

    Args:
        person: Who is erased.
        actor: Who does it; by default whoever the face says is there.

    Raises:
        ErasureError: If something is in the way.
    """
    check_erasure(person)
    names, key = Names(person), person.pk
    workspaces = list(
        Workspace.objects.filter(members__user=person).values_list("pk", flat=True)
    )
    delivered = Delivery.objects.filter(
        export__in=find_exports(person), state=DeliveryState.DELIVERED
    ).count()
    export_count = erase_exports(person, names)
    folder_count, kept = erase_work(person)
    with transaction.atomic():
        rows = erase_rows(person)
        rows["sign-ins"] += erase_sign_ins(person)
        is_deleted = erase_account(person, names.pseudonym)
    seal_all_drafts()
    entry_count = redact_entries(workspaces, key, names.cover)
    for workspace in workspaces:
        deed = Deed(
            act=Act.PERSON_ERASED,
            target=names.pseudonym,
            detail=f"{export_count} exports, {entry_count} entries of this log",
        )
        record(workspace, deed, person=actor)
    return Erasure(
        pseudonym=names.pseudonym,
        rows=dict(+rows),
        export_count=export_count,
        folder_count=folder_count,
        kept_folders=tuple(kept),
        delivered_count=delivered,
        entry_count=entry_count,
        is_account_deleted=is_deleted,
    )
