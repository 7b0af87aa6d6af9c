"""What happens to exports, written down: in their history and in the audit log."""

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User
from bookbag.exports.models import Export, ExportEvent
from bookbag.exports.states import ExportEventKind


def note_event(
    export: Export,
    kind: ExportEventKind,
    *,
    person: User | None = None,
    detail: str = "",
    purpose: str = "",
) -> None:
    """Write an event into an export's history and into its workspace's audit log.

    Args:
        export: What it happened to.
        kind: What happened.
        person: Who did it, when a person did.
        detail: A short sentence.
        purpose: What the person said the data is for.
    """
    ExportEvent.objects.create(
        export=export,
        kind=kind,
        person=person,
        attempt=export.attempt,
        detail=detail[:300],
    )
    deed = describe_deed(export, Act(f"export.{kind}"), purpose=purpose, detail=detail)
    record(export.workspace_id, deed, person=person)


def note_refusal(export: Export, person: User) -> None:
    """Write down that somebody wanted an export that they may not have."""
    deed = describe_deed(export, Act.EXPORT_OPENED, is_refused=True)
    record(export.workspace_id, deed, person=person)


def describe_deed(
    export: Export,
    act: Act,
    *,
    purpose: str = "",
    detail: str = "",
    is_refused: bool = False,
) -> Deed:
    """Return an act that was done to an export."""
    return Deed(
        act=act,
        target=f"{export.identifier}: {export.scope_name}",
        target_key=export.pk,
        purpose=purpose,
        detail=detail,
        is_refused=is_refused,
    )
