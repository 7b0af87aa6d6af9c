"""Small bags for tests: one course of some folders, written by the real writer."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bagkit.archive import BagPlan, BagResult, ExpectedWorkspace, Limits, write_bag

SNAPSHOT_AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
TOP = "CS101"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def make_plan(
    workspaces: Sequence[ExpectedWorkspace], *, limits: Limits | None = None
) -> BagPlan:
    return BagPlan(
        name=TOP,
        title="CS101: Course Data",
        snapshot_at=SNAPSHOT_AT,
        course={"name": "CS101"},
        workspaces=workspaces,
        tables=(),
        generator="Bookbag test",
        identifier="e1",
        signing_key=KEY,
        limits=limits or Limits(),
    )


def expect(folders: Mapping[str, Path | None]) -> list[ExpectedWorkspace]:
    """Return the workspaces of one assignment, by student."""
    return [
        ExpectedWorkspace(assignment="lab1", username=name, root=root)
        for name, root in folders.items()
    ]


def write(
    target: Path,
    workspaces: Sequence[ExpectedWorkspace],
    *,
    processes: int | None = None,
    limits: Limits | None = None,
) -> BagResult:
    return write_bag(
        make_plan(workspaces, limits=limits),
        target,
        on_progress=lambda _progress: None,
        processes=processes,
    )


def rows_of(archive: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(f"{TOP}/data/{name}.csv").decode()
    rows = csv.DictReader(io.StringIO(text, newline=""))
    # The formula guard, undone.
    return [{k: v[v[:1] == "'" :] for k, v in row.items()} for row in rows]
