"""A source of exports in memory, for what commands do with one."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bookbag.cli.sources import Proof, SeenExport, Wanted
from bookbag.exports.table_receipts import seal_receipt

CONTENT = b"first_name\r\n" + b'"Ada"\r\n' * 1000
WHEN = datetime(2026, 11, 28, 10, tzinfo=UTC)


def make_receipt(content: bytes = CONTENT) -> bytes:
    return seal_receipt(
        {
            "snapshot_at": WHEN.isoformat(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": 1000,
            "excluded": {},
        }
    )


def make_seen(**values: Any) -> SeenExport:
    defaults: dict[str, Any] = {
        "id": "7e4b5a0e-7f0f-4f6e-9d55-3f1f8f0b7a11",
        "identifier": "users",
        "scope_name": "Example University",
        "state": "ready",
        "phase": "",
        "members_done": 0,
        "members_total": 0,
        "bytes_done": 0,
        "bytes_total": 0,
        "problem_count": 0,
        "failure_sentence": "",
        "file_name": "users.csv",
        "size_bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "requested_at": WHEN,
        "finished_at": WHEN,
        "expires_at": WHEN,
    }
    return SeenExport(**(defaults | values))


class FakeFile:
    """The file of an export, which breaks off after some bytes."""

    def __init__(self, content: bytes, receipt: bytes, breaks_after: int) -> None:
        self._content = content
        self._receipt = receipt
        self._breaks_after = breaks_after

    def fetch_to(self, part: Path, on_progress: Callable[[int], None]) -> None:
        """Write what is missing, or as much of it as goes."""
        done = part.stat().st_size if part.exists() else 0
        end = done + self._breaks_after
        with part.open("ab") as file:
            file.write(self._content[done:end])
        if end < len(self._content):
            raise ConnectionResetError
        on_progress(len(self._content))

    def get_proof(self) -> Proof:
        """Return its receipt, signed by this machine's key."""
        return Proof(receipt=self._receipt)


class FakeSource:
    """Exports that are what the test says."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        """What it is at each look, the last one from then on."""
        self.progress: dict[str, int] = {}
        self.content = CONTENT
        self.receipt = make_receipt()
        self.breaks_after = 1 << 30
        self.opened = 0

    def request(self, wanted: Wanted) -> SeenExport:
        """Return an export that waits."""
        return make_seen(identifier=wanted.identifier, state="queued")

    def look(self, export_id: str) -> SeenExport:
        """Return it in the state that is next."""
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        seen = {"id": export_id, "state": state, **self.progress}
        return make_seen(**seen, failure_sentence="The disk is full")

    def list_exports(self, *, state: str, limit: int) -> list[SeenExport]:
        """Return one export."""
        return [make_seen(state=state or "ready")][:limit]

    def cancel(self, export_id: str) -> SeenExport:
        """Return it cancelled."""
        return make_seen(id=export_id, state="cancelled")

    def open_file(self, seen: SeenExport) -> FakeFile:
        """Count the download and begin it."""
        self.opened += 1
        return FakeFile(self.content, self.receipt, self.breaks_after)
