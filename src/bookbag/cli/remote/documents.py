"""What the API answers, as far as the commands need it.

What a server says is not believed to have a shape until it was checked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from bookbag.cli.errors import ServerRefusedError
from bookbag.cli.sources import SeenExport

D = TypeVar("D", bound=BaseModel)
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0)]


class ScopeDocument(BaseModel):
    """What an export is about."""

    name: str


class ProgressDocument(BaseModel):
    """How far an export is."""

    phase: str
    members_done: Size
    members_total: Size
    bytes_done: Size
    bytes_total: Size


class FailureDocument(BaseModel):
    """Why an export failed."""

    detail: str


class FileDocument(BaseModel):
    """The file of a finished export."""

    name: str
    size_bytes: Size
    sha256: Digest


class ExportDocument(BaseModel):
    """One export."""

    id: Annotated[str, Field(pattern="^[0-9a-f-]{36}$")]
    identifier: str
    scope: ScopeDocument
    state: str
    progress: ProgressDocument
    requested_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    problem_count: Size
    failure: FailureDocument | None
    file: FileDocument | None


class PageDocument(BaseModel):
    """One page of a list."""

    items: list[Mapping[str, object]]
    next_cursor: str | None


class ExportPageDocument(BaseModel):
    """One page of exports."""

    items: list[ExportDocument]
    next_cursor: str | None


def read_document(response: httpx.Response, kind: type[D]) -> D:
    """Return what an answer holds.

    Raises:
        ServerRefusedError: If it is something else.
    """
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        message = f"Found an answer of no Bookbag API: {place}: {first['msg']}"
        raise ServerRefusedError(message) from error


def see(response: httpx.Response) -> SeenExport:
    """Return the export that an answer holds, and when to ask for it again."""
    patience = response.headers.get("Retry-After", "")
    return present(
        read_document(response, ExportDocument),
        ask_again_seconds=float(patience) if patience.isdigit() else 0,
    )


def present(document: ExportDocument, *, ask_again_seconds: float = 0) -> SeenExport:
    """Return an export as the commands know it."""
    file, progress = document.file, document.progress
    return SeenExport(
        id=document.id,
        identifier=document.identifier,
        scope_name=document.scope.name,
        state=document.state,
        phase=progress.phase,
        members_done=progress.members_done,
        members_total=progress.members_total,
        bytes_done=progress.bytes_done,
        bytes_total=progress.bytes_total,
        problem_count=document.problem_count,
        failure_sentence="" if document.failure is None else document.failure.detail,
        file_name="" if file is None else file.name,
        size_bytes=None if file is None else file.size_bytes,
        sha256="" if file is None else file.sha256,
        requested_at=document.requested_at,
        finished_at=document.finished_at,
        expires_at=document.expires_at,
        ask_again_seconds=ask_again_seconds,
    )
