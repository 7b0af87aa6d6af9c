"""What the commands need of whatever makes exports: this machine, or a server."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bookbag.exports.naming import ScopeNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An export as somebody asked for it."""

    identifier: str
    names: ScopeNames
    options: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""

    def describe(self) -> dict[str, object]:
        """Return it as it is noted beside a part of its file."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenExport:
    """An export as it was when it was last looked at.

    Units: sizes in bytes; the progress of tables counts rows.
    """

    id: str
    identifier: str
    scope_name: str
    state: str
    """Of ``ExportState``; one whose time is over is expired, swept or not."""
    phase: str
    members_done: int
    members_total: int
    bytes_done: int
    bytes_total: int
    problem_count: int
    failure_sentence: str
    file_name: str
    size_bytes: int | None
    sha256: str
    requested_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    ask_again_seconds: float = 0
    """How long whoever makes it wants to be left alone."""

    def describe(self) -> dict[str, object]:
        """Return it for programs."""
        described = asdict(self)
        del described["ask_again_seconds"]  # of this look, not of the export
        return described


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a downloaded file is checked against."""

    receipt: bytes | None
    """The exact receipt that was signed; None if it was never kept."""
    key: bytes | None = None
    """The public key of who signed it; None for this machine's own."""


class ExportSource(Protocol):
    """Something that makes exports.

    Invariants: used as a context manager by one thread.
    """

    def request(self, wanted: Wanted) -> SeenExport:
        """Ask for an export, or join the one that waits or runs already."""

    def look(self, export_id: str) -> SeenExport:
        """Return an export as it is now."""

    def list_exports(self, *, state: str, limit: int) -> list[SeenExport]:
        """Return the newest exports; an empty state means any."""

    def cancel(self, export_id: str) -> SeenExport:
        """Cancel an export that waits or runs."""

    def open_file(self, seen: SeenExport) -> "FileSource":
        """Begin the download of a file that is ready."""


class FileSource(Protocol):
    """The file of one finished export."""

    def fetch_to(self, part: Path, on_progress: Callable[[int], None]) -> None:
        """Write the file to a part, going on behind what the part holds already.

        Args:
            part: What is there already of exactly this file, or nothing yet.
            on_progress: Called with the bytes that the part holds now.
        """

    def get_proof(self) -> Proof:
        """Return what the file is to be checked against."""
