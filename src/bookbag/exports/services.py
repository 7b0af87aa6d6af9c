"""What people can do with exports: ask, join, cancel, download."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookbag.domain.audit.models import Act
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportDefinition, ExportScope
from bookbag.exports.catalogue.options import (
    CIRCLE,
    PSEUDONYMISE,
    SUBJECT,
    UNSPOKEN,
)
from bookbag.exports.catalogue.veiling import check_scan, may_have_circle
from bookbag.exports.errors import (
    OptionsError,
    PermissionRefusedError,
    ScopeError,
    TransitionError,
)
from bookbag.exports.history import describe_deed, note_event
from bookbag.exports.lifecycle import step_export
from bookbag.exports.limits import check_quotas, check_room, estimate_bytes
from bookbag.exports.models import Export, ExportEvent, ExportRequester
from bookbag.exports.pseudonyms.keys import check_purpose, ensure_key
from bookbag.exports.states import (
    ACTIVE_STATES,
    EXPORT_JOB,
    ExportEventKind,
    ExportState,
)
from bookbag.jobs.wakeup import wake_worker

JOIN_TRIES = 5
SHOWN_CHARACTERS = 100
PURPOSE_CHARACTERS = 200
ONE_DOWNLOAD = timedelta(hours=1)
"""How long the requests of one person for one file count as one download."""


def request_export(
    *,
    person: User,
    identifier: str,
    scope: ExportScope,
    options: Mapping[str, str] | None = None,
    purpose: str = "",
) -> Export:
    """Ask for an export, or join the one that is already waiting or running.

    Two people who ask for the same thing at the same moment get the same export; the
    database's unique constraint decides, not a check before it.

    Args:
        person: Who asks.
        identifier: Which export of the catalogue.
        scope: What it is about.
        options: Values by option name; what is left out takes its default.
        purpose: What the data is for, in the person's words; those whose data it is
            can read it.

    Raises:
        DefinitionNotFoundError: If the catalogue has no such export.
        ScopeError: If the export is about something else.
        OptionsError: If an option is unknown or has a wrong value.
        PermissionRefusedError: If the person may not have it.
        QuotaExceededError: If the kept exports leave no room for it.
        DiskFloorError: If the disk has no room for it.
    """
    chosen = check_request(person, identifier, scope, options or {})
    if len(purpose) > PURPOSE_CHARACTERS:
        message = (
            f"Found a purpose of {len(purpose)} characters, expected at most "
            f"{PURPOSE_CHARACTERS}"
        )
        raise OptionsError(message)
    veil = chosen.get(PSEUDONYMISE, "")
    with transaction.atomic():
        if veil:
            ensure_key(scope.workspace, veil, person)
        export = _create_or_join(person, identifier, scope, chosen, purpose or veil)
    transaction.on_commit(lambda: wake_worker(EXPORT_JOB, export.pk))
    return export


def check_request(
    person: User, identifier: str, scope: ExportScope, options: Mapping[str, str]
) -> dict[str, str]:
    """Return the options of an export that a person may ask for, defaults included.

    Who may not have everybody's data gets an export about one person that covers, and
    looks for, that person alone.

    Raises:
        DefinitionNotFoundError: If the catalogue has no such export.
        ScopeError: If the export is about something else.
        OptionsError: If an option is unknown or has a wrong value.
        PermissionRefusedError: If the person may not have it.
    """
    definition = get_definition(identifier)
    if scope.kind is not definition.scope_kind:
        message = (
            f"Found a {scope.kind.value}, expected a {definition.scope_kind.value}: "
            f"{identifier!r}"
        )
        raise ScopeError(message)
    if not definition.may_request(person, scope):
        _record_refusal(person, identifier, scope)
        raise PermissionRefusedError
    chosen = _check_options(definition, scope, options)
    if purpose := chosen.get(PSEUDONYMISE):
        check_purpose(scope.workspace, purpose)
    if not may_have_circle(person, scope, chosen):
        chosen[CIRCLE] = SUBJECT
    return chosen


def cancel_export(*, person: User, export: Export) -> None:
    """Cancel an export that waits or runs; a running one stops within seconds.

    Raises:
        TransitionError: If it is neither waiting nor running.
    """
    changes: dict[str, object] = {"finished_at": timezone.now()}
    if export.state == ExportState.QUEUED and step_export(
        export, ExportState.CANCELLED, person=person, changes=changes
    ):
        return
    marked = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
        cancel_requested_at=timezone.now()
    )
    export.refresh_from_db()
    if not marked:
        raise TransitionError(export.state, ExportState.CANCELLED)
    export.shards.update(cancel_requested_at=timezone.now())
    deed = describe_deed(export, Act.EXPORT_STOPPED)
    record(export.workspace_id, deed, person=person)


def record_download(*, person: User, export: Export) -> None:
    """Write down that somebody downloads an export's file."""
    with transaction.atomic():
        note_event(export, ExportEventKind.DOWNLOADED, person=person)


def record_transfer(*, person: User, export: Export) -> None:
    """Write down a download whose file was asked for without a word before it.

    Whoever continues a download, or takes it in parts, downloads once.
    """
    if not has_downloaded(person, export, timezone.now() - ONE_DOWNLOAD):
        record_download(person=person, export=export)


def has_downloaded(person: User, export: Export, since: datetime | None = None) -> bool:
    """Answer whether somebody has begun to download an export, lately or ever."""
    events = ExportEvent.objects.filter(
        export=export, person=person, kind=ExportEventKind.DOWNLOADED
    )
    if since is not None:
        events = events.filter(happened_at__gt=since)
    return events.exists()


def record_opening(*, person: User, export: Export) -> None:
    """Write down that somebody looks at an export or at its receipt."""
    deed = describe_deed(export, Act.EXPORT_OPENED)
    record(export.workspace_id, deed, person=person)


def record_delivery(*, person: User, export: Export, target: str) -> None:
    """Write down that an export's file was sent to a target and is there."""
    note_event(export, ExportEventKind.DELIVERED, person=person, detail=target)


def _check_options(
    definition: ExportDefinition, scope: ExportScope, options: Mapping[str, str]
) -> dict[str, str]:
    chosen = {name: option.default for name, option in definition.options.items()}
    for name, value in options.items():
        option = definition.options.get(name)
        if option is None:
            message = f"Found option {name!r}, which {definition.identifier} has not"
            raise OptionsError(message)
        try:
            chosen[name] = option.clean(value)
        except ValueError:
            found = value[:SHOWN_CHARACTERS]
            message = f"Found {found!r}, expected {option.expected}: option {name!r}"
            raise OptionsError(message) from None
    if definition.check_options is not None:
        definition.check_options(scope, chosen)
    check_scan(chosen)
    return {
        name: value
        for name, value in chosen.items()
        if name not in UNSPOKEN or value != definition.options[name].default
    }


def _create_or_join(
    person: User,
    identifier: str,
    scope: ExportScope,
    options: Mapping[str, str],
    purpose: str,
) -> Export:
    wanted = json.dumps([identifier, scope.key, dict(options)], sort_keys=True)
    request_key = hashlib.sha256(wanted.encode()).hexdigest()
    for _try in range(JOIN_TRIES):
        active = Export.objects.filter(
            request_key=request_key,
            state__in=ACTIVE_STATES,
            cancel_requested_at__isnull=True,
        ).first()
        if active is not None:
            _add_requester(active, person, ExportEventKind.JOINED, purpose)
            return active
        new = Export(
            identifier=identifier,
            workspace=scope.workspace,
            course=scope.course,
            assignment=scope.assignment,
            subject=scope.subject,
            project=scope.project,
            scope_name=_name_scope(scope, options)[:300],
            options=dict(options),
            request_key=request_key,
            requested_by=person,
        )
        expected_bytes = estimate_bytes(new)
        check_quotas(scope.workspace, expected_bytes=expected_bytes)
        check_room(expected_bytes=expected_bytes)
        try:
            with transaction.atomic():
                new.save(force_insert=True)
                _add_requester(new, person, ExportEventKind.REQUESTED, purpose)
        except IntegrityError:
            continue  # somebody else was first: join theirs
        return new
    # The same export is being cancelled at this moment and still holds its place.
    message = (
        f"Found {identifier!r} being cancelled, expected it to be gone: "
        "try again in a few seconds"
    )
    raise ScopeError(message)


def _name_scope(scope: ExportScope, options: Mapping[str, str]) -> str:
    if not options.get(PSEUDONYMISE):
        return scope.name
    return replace(scope, subject=None, project=None).name


def _add_requester(
    export: Export, person: User, kind: ExportEventKind, purpose: str
) -> None:
    requester, is_new = ExportRequester.objects.get_or_create(
        export=export, person=person, defaults={"purpose": purpose}
    )
    if is_new:
        note_event(export, kind, person=person, purpose=purpose)
    elif purpose and purpose != requester.purpose:
        requester.purpose = purpose
        requester.save(update_fields=["purpose"])
        deed = describe_deed(export, Act.EXPORT_JOINED, purpose=purpose)
        record(export.workspace_id, deed, person=person)


def _record_refusal(person: User, identifier: str, scope: ExportScope) -> None:
    deed = Deed(
        act=Act.EXPORT_REQUESTED,
        target=f"{identifier}: {scope.name}",
        is_refused=True,
    )
    record(scope.workspace.pk, deed, person=person)
