"""Reading role-play sessions that another system recorded."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.validators import validate_email

from bookbag.domain.roleplay.models import Difficulty
from bookbag.formats.values import parse_moment
from bookbag.imports.csv_tables import CsvRecord
from bookbag.imports.faults import FaultList
from bookbag.imports.records import RecordReader, read_records

REQUIRED = ("email", "scenario", "started_at")
OPTIONAL = [
    "session_id",
    "first_name",
    "last_name",
    "difficulty",
    "score",
    "rank",
    "valid_attempt",
    "program",
    "assigned_by",
    "assigner_name",
    "ended_at",
    "demo",
    "archived",
    "feedback",
]
TEXTS = ("feedback",)
NAME_CHARACTERS = 200
RANK_CHARACTERS = 40
YES, NO = ("true", "yes", "1"), ("false", "no", "0", "")
A_TIME = "a time with its offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session as a file has it."""

    line: int
    session_id: str
    email: str
    first_name: str
    last_name: str
    scenario: str
    difficulty: str
    score: float | None
    rank: str
    is_valid_attempt: bool
    program: str
    assigned_by: str
    assigner_name: str
    started_at: datetime
    ended_at: datetime | None
    is_demo: bool
    is_archived: bool
    feedback: str


def read_sessions(path: Path) -> list[SessionRow]:
    """Read a file of sessions, CSV or JSON Lines.

    Shape: columns ``email``, ``scenario`` and ``started_at``, and any of ``OPTIONAL``.
    A session without ``session_id`` is known by person, scenario and start.

    Raises:
        LoadFaultsError: If anything is wrong, with every fault and its line.
    """
    faults = FaultList(path.parent)
    records = read_records(
        path, faults, required=REQUIRED, optional=OPTIONAL, texts=TEXTS
    )
    rows: list[SessionRow] = []
    lines: dict[str, int] = {}
    for record in records:
        row = read_row(RecordReader(record, path, faults))
        if row is None:
            continue
        first = lines.setdefault(row.session_id, row.line)
        if first != row.line:
            message = f"Found the session of line {first} again, expected each once"
            faults.add(path, message, line=row.line)
        rows.append(row)
    if not records and not faults.faults:
        faults.add(path, "Found no session, expected at least one")
    faults.raise_if_any()
    return rows


def read_row(reader: RecordReader) -> SessionRow | None:
    """Return the session of a record, or None after noting its faults."""
    record = reader.record
    started_at = reader.parse("started_at", parse_moment, A_TIME)
    ended_at = reader.parse_given("ended_at", parse_moment, A_TIME)
    score = reader.parse_given("score", _parse_score, "a number from 0 to 100")
    difficulty = reader.parse(
        "difficulty", _parse_difficulty, ", ".join(Difficulty.values)
    )
    flags = [
        reader.parse(name, parse_flag, "true or false")
        for name in ("valid_attempt", "demo", "archived")
    ]
    reader.parse("email", _parse_email, "an e-mail address")
    reader.parse_given("assigned_by", _parse_email, "an e-mail address")
    for name in ("scenario", "program", "session_id"):
        reader.check_length(name, NAME_CHARACTERS, is_needed=name == "scenario")
    reader.check_length("rank", RANK_CHARACTERS)
    if record["program"] and record["assigned_by"]:
        reader.refuse("assigned_by", "none, for it came through a program")
    if started_at and ended_at and ended_at < started_at:
        reader.refuse("ended_at", "no earlier time than started_at")
    if reader.is_faulty or started_at is None:
        return None
    return SessionRow(
        line=record.line,
        session_id=record["session_id"] or _name_session(record, started_at),
        email=record["email"],
        first_name=record["first_name"][:150],
        last_name=record["last_name"][:150],
        scenario=record["scenario"],
        difficulty=difficulty or "",
        score=score,
        rank=record["rank"],
        is_valid_attempt=bool(flags[0]),
        program=record["program"],
        assigned_by=record["assigned_by"],
        assigner_name=record["assigner_name"],
        started_at=started_at,
        ended_at=ended_at,
        is_demo=bool(flags[1]),
        is_archived=bool(flags[2]),
        feedback=record["feedback"],
    )


def _parse_score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 100:
        raise ValueError(text)
    return score


def _parse_difficulty(text: str) -> str:
    key = text.lower().replace("_", " ")
    known = {value.lower(): value for value in Difficulty.values} | {"": ""}
    if key not in known:
        raise ValueError(text)
    return known[key]


def parse_flag(text: str) -> bool:
    """Return what true, yes, 1, false, no, 0 or nothing means.

    Raises:
        ValueError: If it is something else.
    """
    if text.lower() not in (*YES, *NO):
        raise ValueError(text)
    return text.lower() in YES


def _parse_email(text: str) -> str:
    validate_email(text)
    return text


def _name_session(record: CsvRecord, started_at: datetime) -> str:
    facts = (record["email"].lower(), record["scenario"], started_at.isoformat())
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
