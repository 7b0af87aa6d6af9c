"""``bookbag load --sessions``: all of a file or nothing, faults named by line."""

import json
from pathlib import Path

import pytest

from bookbag.domain.people.models import Member, User, Workspace
from bookbag.domain.roleplay.models import (
    Program,
    RoleplaySession,
    Scenario,
    ScenarioAssignment,
)
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.session_files import read_sessions
from bookbag.imports.session_loading import load_sessions
from tests import factories

pytestmark = pytest.mark.django_db

HEAD = "session_id,email,scenario,started_at"
GOOD = "s1,ada@example.edu,Pitch,2026-10-01T10:00:00Z"
FAULTS = {
    "s1,ada,Pitch,2026-10-01T10:00:00Z": "Found email 'ada', expected an e-mail",
    "s1,ada@example.edu,,2026-10-01T10:00:00Z": "Found scenario '', expected 1 to 200",
    "s1,ada@example.edu,Pitch,2026-10-01T10:00:00": "expected a time with its offset",
    "s1,ada@example.edu,Pitch": "Found 3 fields, expected 4",
    "s1,ada@example.edu,P\x01,2026-10-01T10:00:00Z": "control character in scenario",
}


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def load(workspace: Workspace, path: Path, text: str) -> tuple[int, int, int]:
    path.write_text(text, encoding="utf-8")
    *_, change = load_sessions(workspace, read_sessions(path))
    return change.created, change.updated, change.unchanged


def test_csv_and_json_lines_give_the_same(workspace: Workspace, tmp_path: Path) -> None:
    values = {
        "session_id": "s1",
        "email": "ada@example.edu",
        "first_name": "Ada",
        "scenario": "Pitch",
        "difficulty": "very_hard",
        "score": 82.5,
        "valid_attempt": True,
        "assigned_by": "boss@example.edu",
        "assigner_name": "Grace Hopper",
        "started_at": "2026-10-01T12:00:00+02:00",
        "ended_at": "2026-10-01T10:12:30Z",
        "demo": None,
    }
    texts = [
        "" if v is None else str(v).replace("True", "true") for v in values.values()
    ]
    table = f"{','.join(values)}\n{','.join(texts)}\n"

    first = load(workspace, tmp_path / "a.csv", table)
    again = load(workspace, tmp_path / "a.jsonl", f"{json.dumps(values)}\n\n")

    assert (first, again) == ((1, 0, 0), (0, 0, 1))
    session = RoleplaySession.objects.get()
    assert session.scenario.difficulty == "Very Hard"
    assert session.started_at.isoformat() == "2026-10-01T10:00:00+00:00"
    assignment = ScenarioAssignment.objects.get()
    assert assignment.assigner.full_name == "Grace Hopper"
    assert session.assignment == assignment


def test_loading_again_changes_what_changed(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    second = "s2,bo@example.edu,Pitch,2026-10-02T10:00:00Z"
    load(workspace, path, f"{HEAD}\n{GOOD}\n{second}\n")

    counts = load(
        workspace, path, f"{HEAD}\n{GOOD}\n{second.replace('Pitch', 'Call')}\n"
    )

    assert counts == (0, 1, 1)
    assert RoleplaySession.objects.count() == 2
    assert Scenario.objects.count() == 2


def test_people_who_are_there_are_found_in_any_case(
    workspace: Workspace, tmp_path: Path
) -> None:
    ada = factories.make_member(workspace, "ada")

    load(workspace, tmp_path / "a.csv", f"{HEAD}\n{GOOD.replace('ada@', 'ADA@')}\n")

    assert RoleplaySession.objects.get().participant == ada
    assert (User.objects.count(), Member.objects.count()) == (1, 1)


def test_a_program_gets_its_scenario_and_participant(
    workspace: Workspace, tmp_path: Path
) -> None:
    load(workspace, tmp_path / "a.csv", f"{HEAD},program\n{GOOD},Onboarding\n")

    program = Program.objects.get()
    assert [s.name for s in program.scenarios.all()] == ["Pitch"]
    assert [p.email for p in program.participants.all()] == ["ada@example.edu"]


@pytest.mark.parametrize("row", FAULTS)
def test_a_fault_is_named_with_its_line_and_nothing_is_loaded(
    tmp_path: Path, row: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEAD}\n{GOOD.replace('s1', 's0')}\n{row}\n")

    with pytest.raises(LoadFaultsError) as caught:
        read_sessions(path)

    (fault,) = caught.value.faults
    assert str(fault).startswith("bad.csv:3: ")
    assert FAULTS[row] in fault.message


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        ("score", "101", "Found score '101', expected a number from 0 to 100"),
        ("score", "nan", "Found score 'nan'"),
        ("difficulty", "tough", "expected Easy, Medium, Hard, Very Hard, Custom"),
        ("demo", "perhaps", "Found demo 'perhaps', expected true or false"),
        ("ended_at", "2026-09-30T10:00:00Z", "expected no earlier time"),
        ("program,assigned_by", "P,b@example.edu", "it came through a program"),
    ],
)
def test_each_value_is_checked(
    tmp_path: Path, columns: str, values: str, message: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEAD},{columns}\n{GOOD},{values}\n")

    with pytest.raises(LoadFaultsError) as caught:
        read_sessions(path)

    assert message in str(caught.value.faults[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Found no column email, scenario, started_at"),
        (f"{HEAD}\n", "Found no session"),
        (f"{HEAD}\n{GOOD}\n{GOOD}\n", "Found the session of line 2 again"),
        ('{"email": "a@b.example"}\n', "Found no scenario, started_at"),
        ('{"email": 1}\n[]\n', "Found no JSON object, expected one on each line"),
        ('{"email": ["a"]}\n', "Found a list or an object in 'email'"),
        ('{"email"\n', "Found no JSON object"),
    ],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "bad"
    path.write_text(text)

    with pytest.raises(LoadFaultsError) as caught:
        read_sessions(path)

    assert any(message in fault.message for fault in caught.value.faults)


def test_a_session_without_a_name_is_known_by_what_it_is(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "email,scenario,started_at\nada@example.edu,Pitch,2026-10-01T10:00:00Z\n"

    first = load(workspace, tmp_path / "a.csv", text)
    again = load(workspace, tmp_path / "a.csv", text)

    assert (first, again) == ((1, 0, 0), (0, 0, 1))
