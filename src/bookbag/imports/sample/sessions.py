"""A file of role-play sessions for a sample workspace."""

import csv
import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

SCENARIOS = {
    "A customer who wants to leave": "Medium",
    "First call with a sceptic": "Hard",
    "Feedback for a colleague": "Easy",
    "A budget that is gone": "Very Hard",
}
PROGRAM = "Onboarding"
COLUMNS = [
    "session_id",
    "email",
    "scenario",
    "difficulty",
    "score",
    "valid_attempt",
    "program",
    "assigned_by",
    "started_at",
    "ended_at",
    "demo",
    "archived",
]
FIRST_DAY = datetime(2026, 9, 7, 8, tzinfo=UTC)


def write_sample_sessions(
    path: Path, participants: Sequence[str], assigner: str, *, seed: int = 1
) -> int:
    """Write sessions of some people as ``bookbag load --sessions`` reads them.

    Args:
        path: The file.
        participants: E-mail addresses.
        assigner: Who assigned what came through no program.
        seed: Another seed, other sessions.

    Returns:
        How many there are.
    """
    chooser = random.Random(seed)  # noqa: S311 - the same file each time
    pairs = itertools.product(participants, SCENARIOS)
    attempts = [pair for pair in pairs for _ in range(chooser.randint(0, 3))]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number, (email, scenario) in enumerate(attempts, 1):
            facts = _invent(chooser, assigner)
            table.writerow(
                [f"sample-{number}", email, scenario, SCENARIOS[scenario], *facts]
            )
    return len(attempts)


def _invent(chooser: random.Random, assigner: str) -> list[str]:
    start = FIRST_DAY + timedelta(minutes=chooser.randint(0, 90_000))
    score = chooser.choice(["", str(chooser.randint(30, 100))])
    is_through_program = chooser.random() < 0.6
    return [
        score,
        "true" if score else "false",
        PROGRAM if is_through_program else "",
        "" if is_through_program else assigner,
        start.isoformat(),
        (start + timedelta(minutes=12)).isoformat(),
        "true" if chooser.random() < 0.03 else "",
        "true" if chooser.random() < 0.03 else "",
    ]
