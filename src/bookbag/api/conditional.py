"""Conditional answers: an ``ETag``, and 304 to who has it already."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

NOT_MODIFIED = 304


def answer_conditionally(
    request: HttpRequest, document: Schema, headers: dict[str, str]
) -> HttpResponse:
    """Return a document with its ``ETag``, or 304 without it.

    Source: RFC 9110, sections 8.8.3 and 13.1.2.
    """
    body = encode_document(document.model_dump())
    tag = make_tag(body)
    known = request.headers.get("If-None-Match", "")
    tags = [text.strip().removeprefix("W/") for text in known.split(",")]
    if tag in tags or known.strip() == "*":
        response = HttpResponse(status=NOT_MODIFIED)
        del response["Content-Type"]
    else:
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    for name, value in headers.items():
        response[name] = value
    return response


def encode_document(document: dict[str, Any]) -> bytes:
    """Return a document as JSON, the same for equal documents."""
    return json.dumps(document, cls=NinjaJSONEncoder).encode()


def make_tag(body: bytes) -> str:
    """Return the strong tag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
