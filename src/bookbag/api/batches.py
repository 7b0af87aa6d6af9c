"""Batches: many rows in one call, each loaded or refused by itself.

The body goes to disk as it arrives, so that a slow client keeps no transaction open
and a large body no memory; then its rows are loaded a thousand at a time.
Source: ADR 0093.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import IO, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from bookbag.api.errors import RequestUnreadableError, TooManyRowsError
from bookbag.api.idempotency import PARAMETER, answer_once
from bookbag.imports.batches.rows import RowResult
from bookbag.imports.records import parse_json

ROWS, BYTES = 10_000, 64 << 20
"""In one call."""
CHUNK_ROWS = 1_000
PIECE_BYTES = 1 << 16
KEPT_IN_MEMORY = 1 << 20
JSON, NDJSON = "application/json", "application/x-ndjson"
Load = Callable[[Iterable[tuple[int, object]]], list[RowResult]]


class RowOut(Schema):
    """What became of one row."""

    row: int
    status: Literal["created", "updated", "unchanged", "failed"]
    id: int | None
    external_id: str
    errors: list[str]


class BatchOut(Schema):
    """What became of a batch: counts, and every row in order."""

    created: int
    updated: int
    unchanged: int
    failed: int
    rows: list[RowOut]


def describe_batch(row: dict[str, Any], required: Iterable[str]) -> dict[str, Any]:
    """Return the description of a batch's body.

    Args:
        row: The fields of a row.
        required: Those that must be there.
    """
    # Nothing of a row is demanded here: what is wrong with one is in its result.
    needed = f"An object that has {', '.join(required)}."
    item = {"properties": row, "description": needed}
    # Without maxItems: one row too many is answered by 413, not as an invalid field.
    text = f"At most {ROWS}."
    rows = {"type": "array", "items": item, "description": text}
    body = {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
    content = {
        JSON: {"schema": body},
        NDJSON: {"schema": {"type": "string"}},
    }
    return {
        "requestBody": {"required": True, "content": content},
        "parameters": [PARAMETER],
    }


def answer_batch(request: HttpRequest, load: Load) -> HttpResponse:
    """Load the rows of a request and tell what became of each.

    Rows come as JSON (``{"rows": [...]}``) or as lines of JSON (NDJSON), and results
    go the same way; lines end with one for the counts.

    Raises:
        RequestUnreadableError: If the body is no JSON with rows.
        TooManyRowsError: If there is too much of it; nothing was loaded then.
    """
    is_lines = request.content_type in (NDJSON, "application/jsonl")
    with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as kept:
        digest = _spool(request, kept, is_lines=is_lines)

        def work() -> HttpResponse:
            kept.seek(0)
            found = _iter_lines(kept) if is_lines else _iter_rows(kept)
            results = list(_load_chunks(found, load))
            return _present_lines(results) if is_lines else _present(results)

        return answer_once(request, digest, work)


def _spool(request: HttpRequest, kept: IO[bytes], *, is_lines: bool) -> str:
    """Write the body to disk, counted; return its digest."""
    digest, size, lines, last = hashlib.sha256(), 0, 0, b"\n"
    while piece := request.read(PIECE_BYTES):
        kept.write(piece)
        digest.update(piece)
        size += len(piece)
        lines += piece.count(b"\n") if is_lines else 0
        last = piece[-1:]
        if size > BYTES:
            message = f"Found more than {BYTES} bytes, expected at most that"
            raise TooManyRowsError(message)
    _check_count(lines + (last != b"\n") if is_lines else 0)
    return digest.hexdigest()


def _check_count(count: int) -> None:
    if count > ROWS:
        message = f"Found {count} rows, expected at most {ROWS}"
        raise TooManyRowsError(message)


def _iter_lines(kept: IO[bytes]) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(kept, 1):
        if line.strip():
            yield number, parse_json(line)


def _iter_rows(kept: IO[bytes]) -> Iterator[tuple[int, object]]:
    try:
        body = json.load(kept)
        rows = body["rows"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = 'Found no rows, expected JSON like {"rows": [...]}'
        raise RequestUnreadableError(message) from error
    if not isinstance(rows, list):
        message = "Found rows that are no list, expected one"
        raise RequestUnreadableError(message)
    _check_count(len(rows))
    yield from enumerate(rows, 1)


def _load_chunks(
    found: Iterator[tuple[int, object]], load: Load
) -> Iterator[RowResult]:
    while chunk := list(islice(found, CHUNK_ROWS)):
        yield from load(chunk)


def _count(results: list[RowResult]) -> dict[str, int]:
    counts = dict.fromkeys(("created", "updated", "unchanged", "failed"), 0)
    for result in results:
        counts[result.status] += 1
    return counts


def _present(results: list[RowResult]) -> HttpResponse:
    document = {**_count(results), "rows": [asdict(result) for result in results]}
    return HttpResponse(json.dumps(document), content_type=JSON)


def _present_lines(results: list[RowResult]) -> HttpResponse:
    lines = [json.dumps(asdict(result)) for result in results]
    lines.append(json.dumps({"summary": _count(results)}))
    return HttpResponse("\n".join(lines) + "\n", content_type=NDJSON)
