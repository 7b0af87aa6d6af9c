"""Bookbag's own roster: one CSV file with a line for each person and role."""

from pathlib import Path

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.formats.texts import show_text
from bookbag.imports.csv_tables import CsvRecord, parse_table, read_file
from bookbag.imports.faults import FaultList
from bookbag.imports.people_rules import RosterBuilder
from bookbag.imports.plan import PlannedPerson, Roster

ROSTER_NAME = "roster.csv"
COLUMNS = ("username", "email", "first_name", "last_name", "role")
ROLES = {
    "student": (EnrolmentRole.STUDENT, False),
    "teacher": (EnrolmentRole.TEACHER, False),
    "read-only teacher": (EnrolmentRole.TEACHER, True),
}
ROLE_NAMES = "Student, Teacher or Read-only Teacher"


def read_roster(path: Path, faults: FaultList) -> Roster:
    """Read a roster; what is wrong with it goes to the faults.

    Shape: columns ``COLUMNS`` in any order.

    Args:
        path: The file.
        faults: Where faults and notes go.

    Returns:
        The people whose records are in order.
    """
    content = read_file(path, faults)
    if content is None:
        return RosterBuilder(path, faults).build(origin=faults.show(path))
    return parse_roster(content, path, faults)


def parse_roster(content: bytes, path: Path, faults: FaultList) -> Roster:
    """Parse a roster's bytes; see ``read_roster``."""
    known_faults = len(faults.faults)
    builder = RosterBuilder(path, faults)
    for record in parse_table(
        content, path, faults, required=COLUMNS, is_noting_unknown=True
    ):
        _add_record(builder, record)
    if not builder.people and len(faults.faults) == known_faults:
        faults.add(path, "Found no person, expected at least one")
    return builder.build(origin=faults.show(path))


def match_role(text: str) -> str:
    """Return a role as the keys of ``ROLES`` are written."""
    return " ".join(text.lower().replace("_", "-").split())


def _add_record(builder: RosterBuilder, record: CsvRecord) -> None:
    role_key = match_role(record["role"])
    if role_key not in ROLES:
        message = f"Found role '{show_text(record['role'])}', expected {ROLE_NAMES}"
        builder.faults.add(builder.path, message, line=record.line)
    # The rest of the record is checked all the same: all faults at once.
    role, is_read_only = ROLES.get(role_key, ROLES["student"])
    person = PlannedPerson(
        username=record["username"],
        email=record["email"],
        first_name=record["first_name"],
        last_name=record["last_name"],
        path=builder.faults.show(builder.path),
        line=record.line,
    )
    builder.add(person, role, is_read_only=is_read_only)
