"""Sending a published file: whole, or the range that a client asks for.

Source: RFC 9110 sections 13 and 14 (conditions, ranges), RFC 6266 (file names),
RFC 9530 (``Repr-Digest``); lesson 15.
"""

import base64
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import (
    content_disposition_header,
    http_date,
    parse_http_date_safe,
)

from bookbag.exports.models import Export
from bookbag.exports.storage import LocalStorage, Storage

PIECE_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))", re.ASCII)
PLACE_DIGITS = 19
RANGE_NOT_SATISFIABLE = 416
PARTIAL_CONTENT = 206
NOT_MODIFIED = 304


class UnsatisfiableRangeError(ValueError):
    """The range lies outside the file."""


def send_file(
    request: HttpRequest, export: Export, storage: Storage
) -> HttpResponseBase:
    """Answer a GET or HEAD for an export's file.

    A single range is answered with that range; several are answered with the whole
    file, which RFC 9110 allows and every download program understands.

    Raises:
        Http404: If the storage has the file no more.
    """
    size = export.size_bytes or 0
    etag = f'"{export.sha256}"'
    if settings.BOOKBAG_ACCEL_PREFIX and isinstance(storage, LocalStorage):
        return _with_headers(_leave_to_nginx(export), export, etag)
    if etag in _list_tags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=NOT_MODIFIED)
        return _with_headers(response, export, etag)
    try:
        wanted = _parse_range(request, export, etag, size)
    except UnsatisfiableRangeError:
        response = HttpResponse(status=RANGE_NOT_SATISFIABLE)
        response["Content-Range"] = f"bytes */{size}"
        return _with_headers(response, export, etag)
    start, end = wanted or (0, size - 1)
    status = 200 if wanted is None else PARTIAL_CONTENT
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        try:
            file = storage.open_file(export.storage_key)
        except FileNotFoundError as error:
            raise Http404 from error
        pieces = FilePieces(file, start, end - start + 1)
        response = StreamingHttpResponse(pieces, status=status)
    response["Content-Length"] = str(end - start + 1)
    if wanted is not None:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return _with_headers(response, export, etag)


def _leave_to_nginx(export: Export) -> HttpResponse:
    """Return an answer that nginx replaces by the file, or the range of it."""
    response = HttpResponse()
    response["X-Accel-Redirect"] = settings.BOOKBAG_ACCEL_PREFIX + quote(
        export.storage_key
    )
    return response


class FilePieces:
    """A part of a file, piece by piece.

    Not a generator, because one that never began does not close what it was given,
    and a client may leave before the first byte.
    """

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0:
            piece = self._file.read(min(PIECE_BYTES, self._left))
            if not piece:
                return
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the file; the response calls this however it ended."""
        self._file.close()


def _parse_range(
    request: HttpRequest, export: Export, etag: str, size: int
) -> tuple[int, int] | None:
    text = request.headers.get("Range", "")
    match = _RANGE.fullmatch(text.strip())
    if match is None or not _condition_holds(request, export, etag):
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(0, size - _read_place(suffix)), size - 1
    else:
        start = _read_place(first)
        end = min(_read_place(last), size - 1) if last else size - 1
        if last and _read_place(last) < start:
            return None  # not a range at all: RFC 9110 14.1.1 says to ignore it
    if start >= size or (suffix is not None and _read_place(suffix) == 0):
        raise UnsatisfiableRangeError(text)
    return start, end


def _read_place(digits: str) -> int:
    # From 4,301 digits on Python reads none, and no file has so many bytes.
    return int(digits) if len(digits) <= PLACE_DIGITS else 10**PLACE_DIGITS


def _condition_holds(request: HttpRequest, export: Export, etag: str) -> bool:
    condition = request.headers.get("If-Range")
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    moment = parse_http_date_safe(condition)
    return moment is not None and moment == _modified(export)


def _list_tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _modified(export: Export) -> int:
    return 0 if export.finished_at is None else int(export.finished_at.timestamp())


def _with_headers(
    response: HttpResponseBase, export: Export, etag: str
) -> HttpResponseBase:
    digest = base64.b64encode(bytes.fromhex(export.sha256)).decode()
    response["Content-Type"] = export.media_type
    response["Content-Disposition"] = (
        content_disposition_header(True, export.file_name) or "attachment"
    )
    response["ETag"] = etag
    response["Last-Modified"] = http_date(_modified(export))
    response["Accept-Ranges"] = "bytes"
    response["Repr-Digest"] = f"sha-256=:{digest}:"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
