"""Resumable uploads: the server's side of tus 1.0.0, for people's own imports.

Source: the tus resumable upload protocol 1.0.0, with creation, expiration, termination
and checksum; ADR 0082.
"""

import base64
import binascii
import hashlib
import re
import uuid
from collections.abc import Callable
from typing import BinaryIO, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods

from bookbag.imports.errors import (
    ImportTransitionError,
    UploadBusyError,
    UploadChecksumError,
    UploadError,
    UploadOffsetError,
    UploadTooLargeError,
)
from bookbag.imports.projects.allowances import find_allowance
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.services import cancel_import
from bookbag.imports.projects.uploads import (
    Digest,
    begin_upload,
    count_received,
    receive,
)
from bookbag.web.guards import ANY_BYTES, takes_bytes
from bookbag.web.requests import find_import, find_workspace, get_person

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination,checksum"
OFFSET_TYPE = "application/offset+octet-stream"
MAX_LENGTH = 1 << 60
_LENGTH = re.compile(r"[0-9]{1,19}")
"""A longer number is no length, and from 4,301 digits on Python reads none."""
RESTORE = "restore"
"""The purpose of an upload that a course is to be restored from."""
STATUSES: dict[type[UploadError], int] = {
    UploadTooLargeError: 413,
    UploadOffsetError: 409,
    UploadBusyError: 423,
    UploadChecksumError: 460,
    UploadError: 410,
}
"""The status of each refusal, by the first class that fits."""


def _make_sha1() -> Digest:
    # The protocol asks for it; it finds accidents, not attackers.
    return hashlib.sha1(usedforsecurity=False)


DIGESTS: dict[str, Callable[[], Digest]] = {
    "sha1": _make_sha1,
    "sha256": hashlib.sha256,
}


@login_required
@require_http_methods(["OPTIONS", "POST"])
def uploads(request: HttpRequest) -> HttpResponse:
    """Say what the server speaks, or create an upload."""
    if request.method == "OPTIONS":
        answer = _answer(204)
        answer["Tus-Version"] = VERSION
        answer["Tus-Extension"] = EXTENSIONS
        answer["Tus-Checksum-Algorithm"] = ",".join(DIGESTS)
        return answer
    return _check_version(request) or _create(request)


@takes_bytes(ANY_BYTES)
@login_required
@require_http_methods(["HEAD", "PATCH", "DELETE"])
def upload(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Tell where an upload stands, take more of it, or give it up."""
    job = find_import(request, import_id)
    refused = _check_version(request)
    if refused is not None:
        return refused
    if request.method == "HEAD":
        return _describe(job, 200, count_received(job))
    if request.method == "PATCH":
        return _append(request, job)
    try:
        cancel_import(job)
    except ImportTransitionError as error:
        return _answer(410, str(error))
    return _answer(204)


def _create(request: HttpRequest) -> HttpResponse:
    length = request.headers.get("Upload-Length", "")
    if not _LENGTH.fullmatch(length) or int(length) > MAX_LENGTH:
        return _answer(400, f"Found {length[:40]!r}, expected a length: Upload-Length")
    try:
        facts = _read_metadata(request.headers.get("Upload-Metadata", ""))
    except ValueError:
        return _answer(400, "Found no pairs of key and base64: Upload-Metadata")
    workspace = find_workspace(request, facts.get("workspace", ""))
    try:
        job = begin_upload(
            person=get_person(request),
            workspace=workspace,
            file_name=facts.get("filename", ""),
            size_bytes=int(length),
        )
    except UploadTooLargeError as error:
        answer = _answer(413, str(error))
        allowed = find_allowance(get_person(request), workspace).allowed_bytes
        answer["Tus-Max-Size"] = str(allowed)
        return answer
    page = reverse("import", args=[job.pk])
    if facts.get("purpose") == RESTORE:
        page = reverse("restore-upload", args=[workspace.slug, job.pk])
    answer = JsonResponse({"page": page}, status=201)
    answer["Location"] = reverse("upload", args=[job.pk])
    return _stamp(answer, job)


def _append(request: HttpRequest, job: ProjectImport) -> HttpResponse:
    if request.content_type != OFFSET_TYPE:
        return _answer(415, f"Found {request.content_type!r}, expected {OFFSET_TYPE}")
    offset = request.headers.get("Upload-Offset", "")
    if not _LENGTH.fullmatch(offset):
        return _answer(400, f"Found {offset[:40]!r}, expected a number: Upload-Offset")
    try:
        checksum = _read_checksum(request.headers.get("Upload-Checksum", ""))
    except (KeyError, ValueError):
        return _answer(400, f"Expected one of {', '.join(DIGESTS)}: Upload-Checksum")
    try:
        received = receive(
            job, cast("BinaryIO", request), offset=int(offset), checksum=checksum
        )
    except UnreadablePostError:
        # Nobody is there any more to read the answer; what arrived is kept.
        return _answer(400, "The connection broke; ask where the upload stands.")
    except UploadError as error:
        status = next(s for kind, s in STATUSES.items() if isinstance(error, kind))
        return _answer(status, str(error))
    return _describe(job, 204, received)


def _describe(job: ProjectImport, status: int, received: int) -> HttpResponse:
    answer = _answer(status)
    answer["Upload-Offset"] = str(received)
    answer["Upload-Length"] = str(job.size_bytes)
    return _stamp(answer, job)


def _stamp(answer: HttpResponse, job: ProjectImport) -> HttpResponse:
    answer["Upload-Expires"] = http_date(job.expires_at.timestamp())
    answer["Tus-Resumable"] = VERSION
    answer["Cache-Control"] = "no-store"
    return answer


def _answer(status: int, text: str = "") -> HttpResponse:
    answer = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    answer["Tus-Resumable"] = VERSION
    answer["Cache-Control"] = "no-store"
    return answer


def _check_version(request: HttpRequest) -> HttpResponse | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    answer = _answer(412, f"Expected {VERSION}: Tus-Resumable")
    answer["Tus-Version"] = VERSION
    return answer


def _read_metadata(header: str) -> dict[str, str]:
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError(key) from error
        found[key] = decoded.decode("utf-8", "replace")
        if "\0" in found[key]:
            raise ValueError(key)  # no database takes it
    return found


def _read_checksum(header: str) -> tuple[Digest, bytes] | None:
    if not header:
        return None
    name, _space, value = header.partition(" ")
    return DIGESTS[name](), base64.b64decode(value, validate=True)
