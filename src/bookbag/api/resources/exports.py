"""Exports: asking for one, seeing how far it is, and getting its file."""

import hashlib
import uuid
from dataclasses import replace
from typing import Literal

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from ninja import Query, Schema, Status
from pydantic import Field

from bookbag.api.authentication import find_caller_again, get_person
from bookbag.api.conditional import answer_conditionally, encode_document, make_tag
from bookbag.api.errors import NotFoundError, NotReadyError
from bookbag.api.fields import Id, Moment, ShortText, given
from bookbag.api.idempotency import PARAMETER, answer_once
from bookbag.api.paging import Page, Paging, answer_page, read_slice
from bookbag.api.presenting import (
    ExportOut,
    address,
    ask_again_headers,
    present_export,
)
from bookbag.api.resource import Resource, describe_content
from bookbag.api.resources.deliveries import check_target, deliver
from bookbag.api.streams import EventStream, Look
from bookbag.domain.access.errors import TokenRefusedError
from bookbag.domain.access.scopes import TokenScope
from bookbag.exports import selectors, services
from bookbag.exports.catalogue import get_definition
from bookbag.exports.downloads import send_file
from bookbag.exports.errors import LinkExpiredError
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.scopes import ScopeParts, find_scope
from bookbag.exports.states import ExportState
from bookbag.exports.storage import get_storage

resource = Resource("Exports")
EVENTS = describe_content(
    "Events, one each time that the export changes.",
    {"text/event-stream": {"type": "string"}},
)
RECEIPT = describe_content("The receipt.", {"application/json": {"type": "object"}})
_BYTES: dict[str, object] = {"application/octet-stream": {}}
FILE = {
    200: describe_content("The whole file.", _BYTES),
    206: describe_content("The range that was asked for.", _BYTES),
    304: {"description": "The caller has it: the ETag is the SHA-256."},
    416: {"description": "The range lies outside the file."},
}
READ, WRITE = TokenScope.EXPORTS_READ, TokenScope.EXPORTS_WRITE


class ScopeRequest(Schema):
    """What an export is to be about: the parts that its kind of scope needs."""

    workspace: ShortText | None = None
    course_id: Id | None = None
    assignment_id: Id | None = None
    student_id: Id | None = None
    project_id: Id | None = None


class ExportRequest(Schema):
    """What to export; the catalogue says what each export needs and takes."""

    identifier: ShortText
    scope: ScopeRequest
    options: dict[ShortText, ShortText] = {}
    purpose: ShortText = Field(
        "", description=f"At most {services.PURPOSE_CHARACTERS} letters."
    )
    deliver_to: Id | None = Field(
        None, description="The target that it is sent to when it is ready."
    )


class ExportQuery(Paging):
    """Which exports to list."""

    sort: Literal["requested_at", "-requested_at"] = "-requested_at"
    identifier: ShortText | None = None
    state: ExportState | None = None
    workspace: ShortText | None = None
    course_id: Id | None = None
    requested_after: Moment | None = None


@resource.endpoint(
    "POST",
    "/exports",
    scope=WRITE,
    answers={202: ExportOut},
    refuses=(400, 404, 409, 422),
    extra={"parameters": [PARAMETER]},
)
def create_export(request: HttpRequest, body: ExportRequest) -> HttpResponse:
    """Ask for an export.

    Who asks for the same while it waits or runs joins it; who asks again with the same
    `Idempotency-Key` gets the same answer, also later. `Location` is the export's
    address; ask there when `Retry-After` says.
    """
    digest = hashlib.sha256(request.body).hexdigest()
    return answer_once(request, digest, lambda: _create(request, body))


def _create(request: HttpRequest, body: ExportRequest) -> HttpResponse:
    person = get_person(request)
    definition = get_definition(body.identifier)
    parts = ScopeParts(**body.scope.model_dump())
    scope = find_scope(person, definition.scope_kind, parts)
    if body.deliver_to is not None:
        check_target(request, scope, body.deliver_to)
    asked = services.request_export(
        person=person,
        identifier=body.identifier,
        scope=scope,
        options=body.options,
        purpose=body.purpose.strip(),
    )
    export = _find(request, asked.pk)
    if body.deliver_to is not None:
        deliver(request, export, body.deliver_to)
    document = encode_document(present_export(request, export).model_dump())
    response = HttpResponse(document, status=202, content_type="application/json")
    response["Location"] = address(request, "get_export", export)
    for name, value in ask_again_headers(export).items():
        response[name] = value
    return response


@resource.endpoint(
    "GET", "/exports", scope=READ, answers={200: Page[ExportOut]}, refuses=(422,)
)
def list_exports(
    request: HttpRequest, response: HttpResponse, query: Query[ExportQuery]
) -> Page[ExportOut]:
    """List exports that the caller may see, the newest first.

    A page may hold fewer than `limit`: what the caller has no right to any more is
    left out after it was found.
    """
    person = get_person(request)
    conditions = given(
        identifier=query.identifier,
        state=query.state,
        workspace__slug=query.workspace,
        course=query.course_id,
        requested_at__gt=query.requested_after,
    )
    part = read_slice(
        selectors.list_visible_exports(person).filter(**conditions),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    kept = replace(part, rows=selectors.keep_accessible(person, part.rows))
    return answer_page(request, response, kept, lambda e: present_export(request, e))


@resource.endpoint(
    "GET",
    "/exports/{uuid:export_id}",
    scope=READ,
    answers={200: ExportOut, 304: None},
    refuses=(404, 422),
)
def get_export(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Return an export: its state, progress, problems, receipt and file.

    While it waits or runs, `Retry-After` says when to ask again; with `If-None-Match`
    the answer is 304 as long as nothing changed.
    """
    export = _find(request, export_id)
    document = present_export(request, export)
    return answer_conditionally(request, document, ask_again_headers(export))


@resource.endpoint(
    "GET",
    "/exports/{uuid:export_id}/events",
    scope=READ,
    answers={},
    refuses=(404, 422, 503),
    extra={"responses": {200: EVENTS}},
)
def stream_export(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Stream an export as server-sent events, one each time that it changes.

    The stream ends with the export, or after a minute; then ask again.
    """
    _find(request, export_id)

    def look() -> Look | None:
        try:
            person = find_caller_again(request).person
            export = selectors.get_export(person, export_id)
        except (TokenRefusedError, Export.DoesNotExist):
            return None  # asking again says so
        body = encode_document(present_export(request, export).model_dump())
        return body, make_tag(body), not export.is_active

    response = StreamingHttpResponse(
        EventStream(look), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # proxies must not collect events
    return response


@resource.endpoint(
    "POST",
    "/exports/{uuid:export_id}/cancel",
    scope=WRITE,
    answers={202: ExportOut},
    refuses=(404, 409, 422),
)
def cancel_export(request: HttpRequest, export_id: uuid.UUID) -> Status[ExportOut]:
    """Cancel an export that waits or runs; a running one stops within seconds."""
    export = _find(request, export_id)
    services.cancel_export(person=get_person(request), export=export)
    return Status(202, present_export(request, _find(request, export_id)))


@resource.endpoint(
    "GET",
    "/exports/{uuid:export_id}/receipt",
    scope=READ,
    answers={},
    refuses=(404, 422),
    extra={"responses": {200: RECEIPT}},
)
def get_receipt(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Return the receipt exactly as it was signed; it stays when the file is gone."""
    export = _find(request, export_id)
    kept = ExportReceipt.objects.filter(export=export).first()
    if kept is None:
        raise NotFoundError("Found no receipt, expected an export that is ready")
    services.record_opening(person=get_person(request), export=export)
    return HttpResponse(bytes(kept.document), content_type="application/json")


@resource.endpoint(
    "GET",
    "/exports/{uuid:export_id}/file",
    scope=READ,
    answers={},
    refuses=(404, 409, 410, 422),
    extra={"responses": FILE},
)
def get_file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Download the file, whole or in a range; 410 when it has expired."""
    export = _find(request, export_id)
    if export.has_expired:
        raise LinkExpiredError(export.pk)
    if not export.is_downloadable:
        raise NotReadyError(export.state)
    if request.method == "GET":
        services.record_transfer(person=get_person(request), export=export)
    return send_file(request, export, get_storage())


def _find(request: HttpRequest, export_id: uuid.UUID) -> Export:
    try:
        return selectors.get_export(get_person(request), export_id)
    except Export.DoesNotExist as error:
        raise NotFoundError from error
