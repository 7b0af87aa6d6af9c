"""Exports of this machine's database, worked on right here if no worker does."""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import connection

from bookbag.cli.errors import ExportNotFoundError
from bookbag.cli.sources import Proof, SeenExport, Wanted
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export, ExportReceipt
from bookbag.exports.naming import ScopeNames, find_asker, find_named_scope
from bookbag.exports.selectors import get_export, list_all_exports
from bookbag.exports.services import cancel_export, record_transfer, request_export
from bookbag.exports.states import ACTIVE_STATES, ExportState
from bookbag.exports.storage import get_storage
from bookbag.jobs.working import STOPPING, run_job

PIECE_BYTES = 1 << 20


class LocalExports:
    """Exports in the database of this machine.

    Invariants: a context manager, used by one thread; a thread beside it works on the
    export that is looked at, unless a worker does. At the end it gives back what it
    works on, and any worker goes on with it.

    Args:
        login: In whose name to ask; see ``find_asker``.
        works: Whether to work on exports here.
    """

    def __init__(self, login: str = "", *, works: bool = True) -> None:
        self._login = login
        self._works = works
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        # Who gave the command reads its words, not the log of a worker.
        logging.getLogger("bookbag").setLevel(logging.WARNING)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None and self._thread.is_alive():
            STOPPING.set()
            self._thread.join()

    def request(self, wanted: Wanted) -> SeenExport:
        """Ask for an export, or join the one that waits or runs already."""
        definition = get_definition(wanted.identifier)
        person = find_asker(self._login, wanted.names)
        export = request_export(
            person=person,
            identifier=wanted.identifier,
            scope=find_named_scope(definition, wanted.names, person),
            options=wanted.options,
            purpose=wanted.purpose,
        )
        return see(export)

    def look(self, export_id: str) -> SeenExport:
        """Return an export as it is now, and see to it that somebody works on it."""
        export = self._find(export_id)
        if self._works and export.state in ACTIVE_STATES:
            self._work_on(export.pk)
        return see(export)

    def list_exports(self, *, state: str, limit: int) -> list[SeenExport]:
        """Return the newest exports of this machine; an empty state means any."""
        return [see(export) for export in list_all_exports(state=state, limit=limit)]

    def cancel(self, export_id: str) -> SeenExport:
        """Cancel an export that waits or runs."""
        export = self._find(export_id)
        cancel_export(person=self._find_person(export), export=export)
        export.refresh_from_db()
        return see(export)

    def open_file(self, seen: SeenExport) -> "LocalFile":
        """Begin the download of a file that is ready."""
        export = self._find(seen.id)
        person = self._find_person(export)
        try:
            get_export(person, export.pk)  # nobody else's, also at the machine
        except Export.DoesNotExist:
            message = f"Found no right of {person.username!r} to the export {seen.id}"
            raise ExportNotFoundError(message) from None
        return LocalFile(export, person)

    def _find(self, export_id: str) -> Export:
        with suppress(ValueError):
            found = Export.objects.filter(pk=UUID(export_id)).first()
            if found is not None:
                return found
        raise ExportNotFoundError(f"Found no export {export_id!r}, expected its id")

    def _find_person(self, export: Export) -> User:
        names = ScopeNames(workspace=export.workspace.slug)
        return find_asker(self._login, names)

    def _work_on(self, export_id: UUID) -> None:
        if self._thread is None or not self._thread.is_alive():
            # When a worker has it already, the claim fails and this ends at once.
            self._thread = threading.Thread(target=_work, args=(export_id,))
            self._thread.start()


class LocalFile:
    """The file of an export in this machine's storage."""

    def __init__(self, export: Export, person: User) -> None:
        self._export = export
        self._person = person

    def fetch_to(self, part: Path, on_progress: Callable[[int], None]) -> None:
        """Copy the file; a part of it is written anew, which costs nothing here."""
        record_transfer(person=self._person, export=self._export)
        key = self._export.storage_key
        with get_storage().open_file(key) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, PIECE_BYTES)
            on_progress(target.tell())

    def get_proof(self) -> Proof:
        """Return what the file is to be checked against."""
        kept = ExportReceipt.objects.filter(export=self._export).first()
        return Proof(receipt=None if kept is None else bytes(kept.document))


def see(export: Export) -> SeenExport:
    """Return what the commands show of an export."""
    return SeenExport(
        id=str(export.pk),
        identifier=export.identifier,
        scope_name=export.scope_name,
        state=ExportState.EXPIRED.value if export.has_expired else export.state,
        phase=export.phase,
        members_done=export.members_done,
        members_total=export.members_total,
        bytes_done=export.bytes_done,
        bytes_total=export.bytes_total,
        problem_count=export.problem_count,
        failure_sentence=export.failure_sentence,
        file_name=export.file_name,
        size_bytes=export.size_bytes,
        sha256=export.sha256,
        requested_at=export.requested_at,
        finished_at=export.finished_at,
        expires_at=export.expires_at,
    )


def _work(export_id: UUID) -> None:
    try:
        run_job(ExportJobs(), export_id)
    finally:
        connection.close()
