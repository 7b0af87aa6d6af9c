"""Reading the people that somebody pasted into a form: addresses, or CSV."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bookbag.domain.people.membership import NewMember
from bookbag.domain.people.models import MemberRole
from bookbag.formats.texts import show_text
from bookbag.imports.csv_tables import CsvRecord, parse_table
from bookbag.imports.faults import FaultList

LIMIT = 10_000
OPTIONAL = ("first_name", "last_name", "role", "seat_type")
ROLES = {value.lower(): value for value in MemberRole.values if value != "Owner"}
_PASTED = Path("list")


def read_member_list(text: str) -> list[NewMember]:
    """Return the people of a text.

    Shape: addresses with blanks, commas or lines between them; or CSV whose first line
    names the column ``email`` and any of ``OPTIONAL``.

    Raises:
        LoadFaultsError: If anything is wrong, with every fault and its line.
    """
    faults = FaultList(Path())
    lines = text.strip("\r\n").splitlines()
    names = lines[0].lower().replace(";", ",").replace("\t", ",") if lines else ""
    if "email" in [name.strip().strip('"') for name in names.split(",")]:
        records = parse_table(
            text.strip("\r\n").encode("utf-8", "surrogatepass"),
            _PASTED,
            faults,
            required=("email",),
            optional=OPTIONAL,
        )
    else:
        records = [
            CsvRecord(
                line=number, values={"email": word, **dict.fromkeys(OPTIONAL, "")}
            )
            for number, line in enumerate(lines, 1)
            for word in line.replace(",", " ").replace(";", " ").split()
        ]
    people: dict[str, NewMember] = {}
    for record in records:
        person = _read_person(record, faults)
        if person.email.lower() in people:
            message = f"Found '{show_text(person.email)}' again, expected each once"
            faults.add(_PASTED, message, line=record.line)
        people[person.email.lower()] = person
    if not people and not faults.faults:
        faults.add(_PASTED, "Found nobody, expected at least one e-mail address")
    if len(people) > LIMIT:
        faults.add(_PASTED, f"Found {len(people)} people, expected at most {LIMIT}")
    faults.raise_if_any()
    return list(people.values())


def _read_person(record: CsvRecord, faults: FaultList) -> NewMember:
    email, seat_type = record["email"], record["seat_type"]
    try:
        validate_email(email)
    except ValidationError:
        message = f"Found '{show_text(email)}', expected an e-mail address"
        faults.add(_PASTED, message, line=record.line)
    role = ROLES.get(record["role"].lower() or "member")
    if role is None:
        expected = ", ".join(ROLES.values())
        message = f"Found role '{show_text(record['role'])}', expected {expected}"
        faults.add(_PASTED, message, line=record.line)
    if seat_type and seat_type not in settings.BOOKBAG_SEAT_TYPES:
        expected = ", ".join(settings.BOOKBAG_SEAT_TYPES)
        message = f"Found seat type '{show_text(seat_type)}', expected {expected}"
        faults.add(_PASTED, message, line=record.line)
    return NewMember(
        email=email,
        first_name=record["first_name"][:150],
        last_name=record["last_name"][:150],
        role=role or MemberRole.MEMBER,
        seat_type=seat_type,
    )
