"""An archive that somebody forged: each bad row is refused by its number, alone."""

from pathlib import Path

import pytest

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import Enrolment, Progress, Project
from bookbag.domain.people.models import Workspace
from bookbag.imports.restoring.ledger import Kind, Outcome
from tests.integration.restoring.archives import (
    LAB,
    NOW,
    Rows,
    counts,
    forge,
    reasons,
    restore,
    student,
)

ADA = student("ada")
ROSTER: Rows = [
    ADA,
    student("eve", role="Owner"),
    student("mal", is_read_only="true"),
    student("../../etc", email="etc@example.edu"),
    student("ben", enrolled_at="yesterday"),
    student("cat", email="no address"),
    student("ADA2", email="ADA@example.edu"),
    student("dan", is_read_only="perhaps"),
    student("x" * 151, email="x@example.edu", first_name="X"),
    ADA,
    student("eli"),
]
REFUSED_ENROLMENTS = [
    (5, "Found 'yesterday', expected a time with its offset: enrolled_at"),
    (8, "Found 'perhaps', expected true or false: is_read_only"),
    (2, "Found role 'Owner', expected Teacher or Student"),
    (3, "Found a student who may only read, expected that of teachers"),
    (4, "The person is refused"),
    (6, "The person is refused"),
    (7, "The person is refused"),
    (9, "The person is refused"),
    (10, "Found it twice, expected it once"),
]
NO_GRADES: tuple[str | None, ...] = (None,) * 6


def event(**cells: str) -> tuple[str | None, ...]:
    values: dict[str, str | None] = {
        "username": "ada",
        "email": "ada@example.edu",
        "first_name": "Ada",
        "last_name": "Example",
        "occurred_at": NOW.isoformat(),
        "access_type": "Project Open",
        "assignment_name": "Lab",
        "role": "Student",
        "project_path": "/ada/lab",
        "ip_address": None,
        **cells,
    }
    return tuple(values.values())


def progress(
    username: str, *, dates: str = "[]", seconds: str = "1", grade: str | None = None
) -> tuple[str | None, ...]:
    return ("Lab", username, None, dates, seconds, grade, *NO_GRADES, "")


EVENTS: Rows = [
    event(occurred_at="2019-01-01T00:00:00+00:00"),
    event(occurred_at="2999-01-01T00:00:00+00:00"),
    event(access_type="Root"),
    event(access_type="Log In"),
    event(role="Owner"),
    event(ip_address="everywhere"),
    event(assignment_name="Exam"),
    event(project_path="x" * 1001),
    event(),
]


def test_a_row_of_the_roster_that_is_wrong_costs_no_other(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    archive = forge(tmp_path / "it.zip", {"assignments": [LAB], "enrolments": ROSTER})

    ledger = restore(archive, workspace, copies / "restored-1")

    assert counts(ledger)["enrolments"] == {"create": 2, "refused": 9}
    assert reasons(ledger, Kind.ENROLMENTS, Outcome.REFUSED) == REFUSED_ENROLMENTS
    assert reasons(ledger, Kind.PEOPLE, Outcome.REFUSED) == [
        (4, "Found user name '../../etc', expected letters, digits and @ . + - _ only"),
        (6, "Found an e-mail address that is not valid, expected name@host"),
        (7, "Found the e-mail address of 'ada' again"),
        (9, "User name is 151 characters, limit is 150"),
    ]
    assert sorted(Enrolment.objects.values_list("user__username", flat=True)) == [
        "ada",
        "eli",
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (progress("nobody"), "Found no such person in the roster"),
        (progress("ada", dates='["soon"]'),
         "Found something that is no time with its offset: completed_dates"),
        (progress("ada", dates="{}"),
         "Found no list of times, expected one: completed_dates"),
        (progress("ada", dates="[" * 90_000),
         "Found no list of times, expected one: completed_dates"),
        (progress("ada", seconds="1.5"), "Found '1.5', expected a whole number from 0 "
         "to 2147483647: seconds_spent"),
        (progress("ada", seconds="9" * 30), f"Found '{'9' * 30}', expected a whole "
         "number from 0 to 2147483647: seconds_spent"),
        (progress("ada", grade="NaN"), "Found 'NaN', expected a number: "
         "assessments_grade"),
        (progress("ada", grade="1e999"), "Found '1e999', expected a number: "
         "assessments_grade"),
        (("Other", *progress("ada")[1:]), "Found no such assignment in the course"),
        ((*progress("ada")[:12], "a\0b"), "Found 'a\\x00b', expected a text without "
         "NUL: comments"),
        ((*progress("ada")[:11], "9", ""), "Found 9, limit is 5: "
         "behavioral_insights"),
    ],
)  # fmt: skip
def test_progress_that_is_wrong_is_refused_and_the_next_row_is_not(
    tmp_path: Path,
    copies: Path,
    workspace: Workspace,
    row: tuple[str | None, ...],
    reason: str,
) -> None:
    archive = forge(
        tmp_path / "it.zip",
        {
            "assignments": [LAB],
            "enrolments": [ADA],
            "progress": [row, progress("ada")],
        },
    )

    ledger = restore(archive, workspace, copies / "restored-1")

    assert reasons(ledger, Kind.PROGRESS, Outcome.REFUSED) == [(1, reason)]
    assert Progress.objects.count() == 1


def test_projects_that_are_wrong_are_refused(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    projects: Rows = [
        ("Lab", "ada", "/ada/lab", None, None, None),
        ("Lab", "nobody", "/nobody/lab", None, None, None),
        ("Exam", "ada", "/ada/exam", None, None, None),
    ]
    archive = forge(
        tmp_path / "it.zip",
        {"assignments": [LAB], "enrolments": [ADA], "projects": projects},
    )

    ledger = restore(archive, workspace, copies / "restored-1")

    assert reasons(ledger, Kind.PROJECTS, Outcome.REFUSED) == [
        (1, "Its files are not in this archive, but perhaps in another part"),
        (2, "Found no such person in the roster"),
        (3, "Found no such assignment in the course"),
    ]
    assert Project.objects.count() == 0


def test_assignments_that_course_json_does_not_have_are_refused(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    rows: Rows = [
        LAB,
        ("M", "Lab", "../../outside", "project", "", "0"),
        ("Other", "Lab", "lab", "project", "", "0"),
        LAB,
    ]

    ledger = restore(
        forge(tmp_path / "it.zip", {"assignments": rows}), workspace, copies / "r"
    )

    assert counts(ledger)["assignments"] == {"create": 1, "refused": 3}
    assert [row for row, _ in reasons(ledger, Kind.ASSIGNMENTS, Outcome.REFUSED)] == [
        2,
        3,
        4,
    ]


def test_events_that_are_wrong_too_old_or_to_come_are_refused(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    archive = forge(
        tmp_path / "it.zip",
        {"assignments": [LAB], "enrolments": [ADA], "user_access": EVENTS},
    )

    ledger = restore(archive, workspace, copies / "restored-1")

    assert reasons(ledger, Kind.EVENTS, Outcome.REFUSED) == [
        (1, "Older than events are kept here"),
        (2, "Found a time that is still to come"),
        (3, "Found 'Root', expected Log In, Log Out, Project Open, Project Close"),
        (4, "Found a log-in or log-out in a project, expected none"),
        (5, "Found role 'Owner', expected Teacher or Student"),
        (6, "Found something that is no IP address"),
        (7, "Found no such assignment in the course"),
        (8, "Text is 1001 characters, limit is 1000: project_path"),
    ]
    assert AccessEvent.objects.count() == 1
