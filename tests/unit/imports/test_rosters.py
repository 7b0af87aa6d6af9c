"""Bookbag's roster: what it takes, and what it says about every fault."""

from pathlib import Path

import pytest

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.imports.faults import FaultList
from bookbag.imports.plan import Roster
from bookbag.imports.rosters import parse_roster, read_roster

ROOT = Path("/course")
HEADER = "username,email,first_name,last_name,role\n"
ANNA = "anna,anna@school.example,Anna,Ek,Student\n"


def parse(text: str | bytes) -> tuple[Roster, list[str], list[str]]:
    faults = FaultList(ROOT)
    content = text.encode() if isinstance(text, str) else text
    roster = parse_roster(content, ROOT / "roster.csv", faults)
    return roster, [str(fault) for fault in faults.in_order()], faults.notes


def test_it_reads_people_and_roles() -> None:
    roster, faults, notes = parse(
        HEADER + ANNA + "bo,,Bo,,teacher\ncy,cy@x.example,,,READ-ONLY  Teacher\n"
    )

    assert (faults, notes) == ([], [])
    assert [person.username for person in roster.people] == ["anna", "bo", "cy"]
    assert roster.usernames(EnrolmentRole.STUDENT) == ["anna"]
    assert [(e.username, e.is_read_only) for e in roster.enrolments[1:]] == [
        ("bo", False),
        ("cy", True),
    ]
    assert roster.people[0].line == 2


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + ANNA,
        (HEADER + ANNA).replace(",", ";"),
        (HEADER + ANNA).replace(",", "\t"),
        (HEADER + ANNA).replace("\n", "\r\n"),
        (HEADER + ANNA).replace("\n", "\r"),
        "\n\n" + HEADER + "\n" + ANNA + "\n\n",
        HEADER.upper() + ANNA,
        HEADER.replace("_", " ").replace(",", " , ") + ANNA.replace(",", " , "),
        HEADER + ANNA.replace("anna,", '"anna",'),
        "role,last_name,first_name,email,username\n"
        "Student,Ek,Anna,anna@school.example,anna\n",
    ],
    ids=["bom", "semicolon", "tab", "crlf", "cr", "blank-lines", "upper", "blanks",
         "quotes", "order"],
)  # fmt: skip
def test_it_reads_what_spreadsheets_write(text: str) -> None:
    roster, faults, _ = parse(text)

    (anna,) = roster.people
    assert faults == []
    assert (anna.username, anna.email) == ("anna", "anna@school.example")
    assert (anna.first_name, anna.last_name) == ("Anna", "Ek")


def test_it_keeps_names_in_every_script_and_composes_accents() -> None:
    roster, faults, _ = parse(HEADER + "zoe\u0308,,Ольга,田中,student\n")

    assert faults == []
    assert roster.people[0].username == "zo\u00eb"
    assert roster.people[0].last_name == "田中"


def test_one_person_may_teach_and_learn() -> None:
    roster, faults, _ = parse(HEADER + ANNA + ANNA.replace("Student", "Teacher"))

    assert faults == []
    assert len(roster.people) == 1
    assert [entry.role.value for entry in roster.enrolments] == ["Student", "Teacher"]


def test_columns_that_nobody_knows_are_left_out_with_a_note() -> None:
    roster, faults, notes = parse(
        HEADER.replace("role", "role,phone") + ANNA.replace("Student", "Student,123")
    )

    assert faults == []
    assert notes == ["roster.csv: columns left out: 'phone'"]
    assert len(roster.people) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("anna,,A,E,Pupil", "Found role 'Pupil', expected Student, Teacher or "
         "Read-only Teacher"),
        (",,A,E,Student", "Found no user name, expected one"),
        ("an na,,A,E,Student", "Found user name 'an na', expected letters, digits and "
         "@ . + - _ only"),
        ("../x,,A,E,Student", "Found user name '../x', expected letters, digits and "
         "@ . + - _ only"),
        ("..,,A,E,Student", "Found user name '..', expected letters, digits and "
         "@ . + - _ only"),
        ("a" * 151 + ",,A,E,Student", "User name is 151 characters, limit is 150"),
        ("anna,anna,A,E,Student", "Found an e-mail address that is not valid, "
         "expected name@host"),
        (f"anna,{'a' * 250}@x.example,A,E,Student",
         "E-mail address is 260 characters, limit is 254"),
        (f"anna,,{'A' * 151},E,Student", "first_name is 151 characters, limit is 150"),
        (f"anna,,A,{'E' * 151},Student", "last_name is 151 characters, limit is 150"),
        ("anna,,A,E", "Found 4 fields, expected 5"),
        ("anna,,A,E,Student,", "Found 6 fields, expected 5"),
        ("anna,,A\x00,E,Student", "Found a control character in first_name, expected "
         "plain text"),
    ],
)  # fmt: skip
def test_it_names_the_line_and_the_fault(row: str, message: str) -> None:
    _, faults, _ = parse(HEADER + "bo,,B,O,Teacher\n" + row + "\n")

    assert faults == [f"roster.csv:3: {message}"]


def test_names_at_their_limits_are_taken() -> None:
    _, faults, _ = parse(HEADER + f"{'a' * 150},,{'A' * 150},{'E' * 150},Student\n")

    assert faults == []


def test_it_reports_all_faults_at_once() -> None:
    _, faults, _ = parse(HEADER + "a b,nope,A,E,Pupil\n" + ANNA + "bo,x,B,O\n")

    assert [fault.split(": ")[0] for fault in faults] == [
        "roster.csv:2",
        "roster.csv:2",
        "roster.csv:2",
        "roster.csv:4",
    ]


def test_lines_are_counted_through_fields_of_several_lines() -> None:
    _, faults, _ = parse(HEADER + '"an\nna",,A,E,Student\nbo,,B,O,Pupil\n')

    assert [fault.split(": ")[0] for fault in faults] == [
        "roster.csv:2",
        "roster.csv:4",
    ]


@pytest.mark.parametrize("other", ["anna", "ANNA", "Anna"])
def test_a_user_name_in_one_role_twice_is_a_fault(other: str) -> None:
    _, faults, _ = parse(HEADER + ANNA + ANNA.replace("anna,", f"{other},", 1))

    assert faults == [
        f"roster.csv:3: Found user name '{other}' again as Student, expected it once; "
        "first on line 2"
    ]


def test_one_user_name_of_two_people_is_a_fault() -> None:
    _, faults, _ = parse(HEADER + ANNA + "anna,other@school.example,Ann,Ek,Teacher\n")

    assert faults == [
        "roster.csv:3: Found user name 'anna' with another name or e-mail address than "
        "on line 2, expected the same"
    ]


def test_one_address_of_two_people_is_a_fault_that_does_not_repeat_it() -> None:
    _, faults, _ = parse(HEADER + ANNA + "bo,ANNA@school.example,Bo,Ek,Student\n")

    assert faults == [
        "roster.csv:3: Found the e-mail address of 'anna' on line 2 again, expected "
        "one person for each address"
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "username,email\nanna,x\n"])
def test_missing_columns_are_named(text: str) -> None:
    _, faults, _ = parse(text)

    (fault,) = faults
    assert fault.startswith("roster.csv:1: Found no column ")
    assert "last_name, role, expected username, email, first_name" in fault


def test_a_doubled_column_is_a_fault() -> None:
    _, faults, _ = parse("email," + HEADER + "x," + ANNA)

    assert faults == ["roster.csv:1: Found column email more than once"]


def test_a_roster_without_people_is_a_fault() -> None:
    _, faults, _ = parse(HEADER)

    assert faults == ["roster.csv: Found no person, expected at least one"]


def test_bytes_that_are_not_utf8_are_named_by_line_and_position() -> None:
    latin = (HEADER + ANNA + "bo,,Bj\u00f6rn,O,Student\n").encode("latin-1")

    _, faults, _ = parse(latin)

    assert faults == ["roster.csv:3: Found byte 0xf6 at position 7, expected UTF-8"]


def test_a_binary_file_does_not_give_endless_faults() -> None:
    _, faults, _ = parse(b"\x80\n" * 1000)

    assert len(faults) == 21
    assert faults[-1] == "roster.csv: Found 980 more lines that are not UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_named(encoding: str) -> None:
    mark = b"" if encoding == "utf-16" else b"\xfe\xff"

    _, faults, _ = parse(mark + (HEADER + ANNA).encode(encoding))

    assert faults == ["roster.csv:1: Found UTF-16, expected UTF-8"]


def test_quotes_that_do_not_close_are_a_fault_with_the_line() -> None:
    _, faults, _ = parse(HEADER + ANNA + 'bo,,"Bo,O,Student\n')

    assert faults == [
        "roster.csv:3: Found a record that is not CSV: unexpected end of data"
    ]


def test_escapes_that_could_steer_a_terminal_are_shown_harmless() -> None:
    _, faults, _ = parse(HEADER + "a\u202eb,,A,E,Student\n")

    assert "a\\u202eb" in faults[0]


def test_a_folder_or_a_link_in_place_of_the_roster_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    faults = FaultList(tmp_path)

    for name in ("folder.csv", "link.csv", "absent.csv"):
        read_roster(tmp_path / name, faults)

    assert [str(fault) for fault in faults.faults] == [
        "folder.csv: Found something else, expected a regular file",
        "link.csv: Found a link, expected a file; links are not followed",
        "absent.csv: Found a file that cannot be opened: No such file or directory",
    ]
