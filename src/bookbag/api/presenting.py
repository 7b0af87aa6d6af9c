"""Exports as documents: what both the resource and its stream of events show."""

import uuid
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema

from bookbag.api.fields import PersonRef
from bookbag.exports.models import Export
from bookbag.exports.selectors import scope_of
from bookbag.exports.states import ExportState

QUEUED_SECONDS, RUNNING_SECONDS, MOST_SECONDS = 2, 1, 10
"""When to ask again."""


class Scope(Schema):
    """What an export is about; a part that is gone or not needed is null."""

    kind: str
    name: str
    workspace: str
    course_id: int | None
    assignment_id: int | None
    student_id: int | None


class Progress(Schema):
    """How far an export is, and how many seconds it will still take, when known."""

    phase: str
    members_done: int
    members_total: int
    bytes_done: int
    bytes_total: int
    estimate_seconds: int | None


class Failure(Schema):
    """Why an export failed."""

    code: str
    detail: str


class ReceiptSummary(Schema):
    """The sums of the receipt: expected is always what the other four add up to."""

    expected: int
    present: int
    empty: int
    excluded: int
    failed: int
    file_count: int
    payload_bytes: int
    url: str


class ExportFile(Schema):
    """The file of a finished export, while it is there."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    url: str


class ExportOut(Schema):
    """One export: what was asked for, how far it is, and what came of it."""

    id: uuid.UUID
    identifier: str
    scope: Scope
    options: dict[str, str]
    state: ExportState
    is_stopping: bool
    progress: Progress
    requested_by: PersonRef
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    problem_count: int
    failure: Failure | None
    receipt: ReceiptSummary | None
    file: ExportFile | None
    url: str


def present_export(request: HttpRequest, export: Export) -> ExportOut:
    """Return an export as programs see it."""
    has_failed = export.state == ExportState.FAILED
    return ExportOut(
        id=export.pk,
        identifier=export.identifier,
        scope=_present_scope(export),
        options={name: str(value) for name, value in export.options.items()},
        state=_state_of(export),
        is_stopping=export.is_active and export.cancel_requested_at is not None,
        progress=_present_progress(export),
        requested_by=PersonRef(
            id=export.requested_by_id, name=export.requested_by.full_name
        ),
        requested_at=export.requested_at,
        started_at=export.started_at,
        finished_at=export.finished_at,
        expires_at=export.expires_at,
        problem_count=export.problem_count,
        failure=Failure(code=export.failure_code, detail=export.failure_sentence)
        if has_failed
        else None,
        receipt=_present_receipt(request, export),
        file=_present_file(request, export),
        url=address(request, "get_export", export),
    )


def address(request: HttpRequest, name: str, export: Export) -> str:
    """Return the address of one of an export's endpoints."""
    path = reverse(f"api:{name}", kwargs={"export_id": export.pk})
    return request.build_absolute_uri(path)


def ask_again_headers(export: Export) -> dict[str, str]:
    """Return when to ask for an export again; nothing when it has ended."""
    if not export.is_active:
        return {}
    seconds = QUEUED_SECONDS if export.state == ExportState.QUEUED else RUNNING_SECONDS
    left = export.seconds_left or 0
    return {"Retry-After": str(min(max(seconds, left // 10), MOST_SECONDS))}


def _state_of(export: Export) -> ExportState:
    """Return the state; expiry counts before the sweep."""
    return ExportState.EXPIRED if export.has_expired else ExportState(export.state)


def _present_scope(export: Export) -> Scope:
    return Scope(
        kind=scope_of(export).kind.value,
        name=export.scope_name,
        workspace=export.workspace.slug,
        course_id=export.course_id,
        assignment_id=export.assignment_id,
        student_id=export.subject_id,
    )


def _present_progress(export: Export) -> Progress:
    return Progress(
        phase=export.phase,
        members_done=export.members_done,
        members_total=export.members_total,
        bytes_done=export.bytes_done,
        bytes_total=export.bytes_total,
        estimate_seconds=export.seconds_left,
    )


def _present_receipt(request: HttpRequest, export: Export) -> ReceiptSummary | None:
    receipt = getattr(export, "receipt", None)
    if receipt is None:
        return None
    return ReceiptSummary(
        expected=receipt.expected,
        present=receipt.present,
        empty=receipt.empty,
        excluded=receipt.excluded,
        failed=receipt.failed,
        file_count=receipt.file_count,
        payload_bytes=receipt.payload_bytes,
        url=address(request, "get_receipt", export),
    )


def _present_file(request: HttpRequest, export: Export) -> ExportFile | None:
    if not export.is_downloadable:
        return None
    return ExportFile(
        name=export.file_name,
        media_type=export.media_type,
        size_bytes=export.size_bytes or 0,
        sha256=export.sha256,
        url=address(request, "get_file", export),
    )
