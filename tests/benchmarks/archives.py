"""Writes the archive of a generated course, to be measured as a process of its own."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bagkit.archive import BagPlan, EarlierWork, ExpectedWorkspace, write_bag

SNAPSHOT_AT = datetime(2026, 11, 22, tzinfo=UTC)


def make_plan(root: Path) -> BagPlan:
    """Return the plan of all ``<assignment>/<student>`` folders below a folder."""
    return BagPlan(
        name="CS101",
        title="CS101: Course Data",
        snapshot_at=SNAPSHOT_AT,
        course={"name": "CS101"},
        workspaces=[
            ExpectedWorkspace(
                assignment=assignment.name, username=student.name, root=student
            )
            for assignment in sorted(root.iterdir())
            for student in sorted(assignment.iterdir())
        ],
        tables=(),
        generator="bench",
        identifier="bench",
    )


def main(root: Path, target: Path, reuse: Path | None) -> None:
    """Write the archive and print how long that took."""
    begin = time.perf_counter()
    write_bag(
        make_plan(root), target, earlier=EarlierWork(reuse=reuse, keeps_index=True)
    )
    print(time.perf_counter() - begin)  # noqa: T201 - read by measuring.py


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        Path(sys.argv[3]) if len(sys.argv) > 3 else None,
    )
