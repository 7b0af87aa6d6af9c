"""The one way into the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from bookbag.domain.audit.chain import seal_drafts
from bookbag.domain.audit.models import Act, AuditDraft, Result
from bookbag.domain.audit.origin import current_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One act as its service knows it; who and from where comes from the face."""

    act: Act
    target: object = ""
    """What it is done to; kept as text."""
    target_key: object = ""
    purpose: str = ""
    detail: str = ""
    is_refused: bool = False


def record(workspace_id: int, *deeds: Deed, person: AbstractUser | None = None) -> None:
    """Record what is done to a workspace, in the transaction that does it.

    What is rolled back was not done and leaves no entry, so record a refusal outside
    of the transaction that it ends.

    Args:
        workspace_id: The workspace whose data or rights it concerns.
        deeds: What is done, in order.
        person: Who does it; by default whoever the face says is there.
    """
    if not deeds:
        return
    AuditDraft.objects.bulk_create(_draft(workspace_id, deeds, person))
    transaction.on_commit(lambda: _seal(workspace_id), robust=True)


def record_everywhere(workspace_ids: Iterable[int], deed: Deed) -> None:
    """Record an act that concerns several workspaces in each of them."""
    for workspace_id in workspace_ids:
        record(workspace_id, deed)


def _seal(workspace_id: int) -> None:
    seal_drafts(workspace_id)


def _draft(
    workspace_id: int, deeds: Iterable[Deed], person: AbstractUser | None
) -> list[AuditDraft]:
    origin = current_origin()
    somebody = person or origin.find_person()
    name = origin.name if somebody is None else somebody.get_username()
    return [
        AuditDraft(
            workspace_id=workspace_id,
            person_key=None if somebody is None else somebody.pk,
            person_name=name[:200],
            face=origin.face,
            ip_address=origin.address,
            act=deed.act,
            target=str(deed.target)[:300],
            target_key=str(deed.target_key)[:60],
            purpose=deed.purpose[:200],
            result=Result.REFUSED if deed.is_refused else Result.DONE,
            detail=deed.detail[:300],
        )
        for deed in deeds
    ]
