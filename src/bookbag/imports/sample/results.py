"""A file of progress and results for a sample course."""

import csv
import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

QUESTIONS = {"Reading code": 2.0, "Finding the fault": 3.0, "In your own words": 5.0}
COMMENTS = ("", "", "Well argued.", "Come and see me about the second question.")
FIRST_DAY = datetime(2026, 9, 14, 8, tzinfo=UTC)
STARTED_SHARE = 0.9
COLUMNS = [
    "assignment",
    "student",
    "started_at",
    "completed_dates",
    "seconds_spent",
    "assessments_grade",
    "final_grade",
    "comments",
    "assessment",
    "answer",
    "is_correct",
    "points",
    "max_points",
    "attempts",
]


def write_sample_results(
    path: Path, assignments: Sequence[str], students: Sequence[str], *, seed: int = 1
) -> int:
    """Write results of students as ``bookbag load --results`` reads them.

    Args:
        path: The file.
        assignments: Names of assignments.
        students: User names.
        seed: Another seed, other results.

    Returns:
        How many students have results in an assignment, each counted.
    """
    chooser = random.Random(seed)  # noqa: S311 - the same file each time
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for assignment, student in itertools.product(assignments, students):
            if chooser.random() < STARTED_SHARE:
                count += 1
                table.writerows(_invent(chooser, assignment, student))
    return count


def _invent(
    chooser: random.Random, assignment: str, student: str
) -> list[list[object]]:
    started_at = FIRST_DAY + timedelta(minutes=chooser.randint(0, 40_000))
    is_done = chooser.random() < 0.8
    shares = [chooser.choice((0, 0.5, 1, 1)) for _ in QUESTIONS]
    points = [
        share * worth for share, worth in zip(shares, QUESTIONS.values(), strict=True)
    ]
    grade = round(100 * sum(points) / sum(QUESTIONS.values()))
    progress: list[object] = [
        started_at.isoformat(),
        (started_at + timedelta(hours=chooser.randint(2, 90))).isoformat()
        if is_done
        else "",
        chooser.randint(600, 20_000),
        grade,
        grade if is_done else "",
        chooser.choice(COMMENTS),
    ]
    return [
        [
            *(assignment, student, *progress),
            *(
                name,
                f"Line {chooser.randint(1, 60)}",
                "true" if share == 1 else "false",
            ),
            *(earned, worth, chooser.randint(1, 4)),
        ]
        for (name, worth), share, earned in zip(
            QUESTIONS.items(), shares, points, strict=True
        )
    ]
