"""``Idempotency-Key``: a request that comes again is done once, and answered again."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bookbag.api.authentication import get_caller
from bookbag.domain.access.idempotency import (
    Answer,
    Turn,
    begin_once,
    forget,
    keep_answer,
)

HEADER = "Idempotency-Key"
PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text that is new for each request; kept for a day.",
}


def answer_once(
    request: HttpRequest, body_digest: str, work: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return what work answers, or what it answered to the same key before.

    Raises:
        GrantInvalidError: If the key cannot be one.
        KeyReusedError: If the key came with another request.
        KeyBusyError: If the same request is being done.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    facts = f"{request.method}\n{request.get_full_path()}\n{body_digest}"
    fingerprint = hashlib.sha256(facts.encode()).hexdigest()
    turn = begin_once(get_caller(request).bearer, key, fingerprint)
    if turn.answer is not None:
        return _repeat(turn.answer)
    return _do(turn, work)


def _do(turn: Turn, work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        response = work()
    except BaseException:
        forget(turn)  # what was refused or failed may be sent again, mended
        raise
    answer = Answer(
        status=response.status_code,
        content_type=response["Content-Type"],
        body=response.content,
        location=response.get("Location", ""),
    )
    keep_answer(turn, answer)
    return response


def _repeat(answer: Answer) -> HttpResponse:
    response = HttpResponse(
        answer.body, status=answer.status, content_type=answer.content_type
    )
    if answer.location:
        response["Location"] = answer.location
    response["Idempotency-Replayed"] = "true"
    return response
