"""Exports of a server, over its API."""

from types import TracebackType
from typing import Self
from uuid import UUID

from bookbag.cli.errors import ExportNotFoundError
from bookbag.cli.remote.connection import Connection
from bookbag.cli.remote.documents import (
    ExportPageDocument,
    present,
    read_document,
    see,
)
from bookbag.cli.remote.files import RemoteFile
from bookbag.cli.remote.naming import find_parts
from bookbag.cli.sources import SeenExport, Wanted

EXPORTS = "/api/v1/exports"
PAGE_ROWS = 200


class ServerExports:
    """The exports of a server that its token may see.

    Invariants: a context manager, used by one thread.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.__exit__(kind, error, trace)

    def request(self, wanted: Wanted) -> SeenExport:
        """Ask for an export, or join the one that waits or runs already."""
        document = {
            "identifier": wanted.identifier,
            "scope": find_parts(self._connection, wanted),
            "options": dict(wanted.options),
            "purpose": wanted.purpose,
        }
        return see(self._connection.post(EXPORTS, document))

    def look(self, export_id: str) -> SeenExport:
        """Return an export as it is now."""
        return see(self._connection.get(_address(export_id)))

    def list_exports(self, *, state: str, limit: int) -> list[SeenExport]:
        """Return the newest exports that the token may see."""
        query: dict[str, str | int] = {"limit": min(limit, PAGE_ROWS)}
        if state:
            query["state"] = state
        found: list[SeenExport] = []
        while len(found) < limit:
            page = read_document(
                self._connection.get(EXPORTS, query), ExportPageDocument
            )
            found += [present(row) for row in page.items]
            if page.next_cursor is None:
                break
            query["cursor"] = page.next_cursor
        return found[:limit]

    def cancel(self, export_id: str) -> SeenExport:
        """Cancel an export that waits or runs."""
        return see(self._connection.post(f"{_address(export_id)}/cancel", {}))

    def open_file(self, seen: SeenExport) -> RemoteFile:
        """Begin the download of a file that is ready."""
        return RemoteFile(self._connection, seen, _address(seen.id))


def _address(export_id: str) -> str:
    try:
        return f"{EXPORTS}/{UUID(export_id)}"
    except ValueError:
        message = f"Found no export {export_id!r}, expected its id"
        raise ExportNotFoundError(message) from None
