"""A receipt as the page shows it: a grid of students and assignments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHADES = (0, 10, 50, 200)
"""From how many files on a cell is shown one shade darker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """One student x assignment as it is shown."""

    state: str
    files: int
    bytes: int
    problems: int
    reason: str
    shade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One student."""

    username: str
    cells: tuple[GridCell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """All that the page shows of a receipt."""

    sums: Mapping[str, int]
    totals: Mapping[str, int]
    rules: Mapping[str, int]
    problems: Mapping[str, int]
    tables: tuple[Mapping[str, object], ...]
    troubled: tuple[Mapping[str, object], ...]
    """Cells with problems, worst first."""
    assignments: tuple[str, ...]
    rows: tuple[GridRow, ...]
    snapshot_at: str
    generator: str
    identities: Mapping[str, Mapping[str, int]]
    """What a search of the files for people found; empty without one."""


def present_receipt(document: Mapping[str, Any]) -> ReceiptView:
    """Return what the page shows of a receipt's document.

    Source: ``docs/formats/archive.md``.
    """
    cells = document["cells"]
    assignments = tuple(dict.fromkeys(cell["assignment"] for cell in cells))
    by_student: dict[str, dict[str, GridCell]] = {}
    for cell in cells:
        row = by_student.setdefault(cell["username"], {})
        row[cell["assignment"]] = GridCell(
            state=cell["state"],
            files=cell["files"],
            bytes=cell["bytes"],
            problems=cell["problems"],
            reason=cell["reason"],
            shade=sum(cell["files"] > least for least in SHADES),
        )
    troubled = [c for c in cells if c["problems"] or c["state"] == "failed"]
    troubled.sort(key=lambda cell: (cell["state"] != "failed", -cell["problems"]))
    return ReceiptView(
        sums=document["workspaces"],
        totals=document["totals"],
        rules=document["rules"],
        problems=document["problems"],
        tables=tuple(document["tables"]),
        troubled=tuple(troubled),
        assignments=assignments,
        rows=tuple(
            GridRow(username=name, cells=tuple(row.get(a) for a in assignments))
            for name, row in by_student.items()
        ),
        snapshot_at=document["snapshot_at"],
        generator=document["generator"],
        identities=document.get("identities", {}),
    )
