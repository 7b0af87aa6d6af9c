"""Any bytes give a roster or faults: reading input from others never crashes."""

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from bookbag.imports.course_files import parse_course_file
from bookbag.imports.faults import FaultList, match_key
from bookbag.imports.people_rules import USERNAME_LIMIT
from bookbag.imports.rosters import COLUMNS, parse_roster

ROOT = Path("/course")
HEADER = ",".join(COLUMNS)
# Text that is nearly a roster reaches further than noise does.
cells = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["anna", "Anna", "a@b.example", "Student", "teacher", '"', "a,b", "", "\x00", "\r"]
)
tables = st.lists(st.lists(cells, max_size=6).map(",".join), max_size=6).map(
    lambda rows: "\n".join([HEADER, *rows]).encode()
)


@given(st.binary(max_size=400) | tables)
@example(b"\xff\xfe")
@example(b'"')
@example(HEADER.encode() + b"\n" + b'"' * 200_001)
@example(HEADER.encode() + b"\n" + b"x" * 140_000 + b",,,,Student\n")
def test_any_bytes_give_a_roster_or_faults(content: bytes) -> None:
    faults = FaultList(ROOT)

    roster = parse_roster(content, ROOT / "roster.csv", faults)

    if not faults.faults:
        assert roster.people
    names = [match_key(person.username) for person in roster.people]
    emails = [person.email.lower() for person in roster.people if person.email]
    assert len(names) == len(set(names))
    assert len(emails) == len(set(emails))
    assert all(0 < len(person.username) <= USERNAME_LIMIT for person in roster.people)
    assert not any("/" in person.username for person in roster.people)
    assert all(str(fault).isprintable() for fault in faults.faults)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["name", "modules", "assignments", "folder", "kind", "stack", "stacks"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
)


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b"9" * 5_000)
@example(b'{"name": "a", "name": "b"}')
@example(b'{"name": "\\ud800"}')
@example(b'{"name": NaN}')
def test_any_bytes_give_a_description_or_faults(content: bytes) -> None:
    faults = FaultList(ROOT)

    description = parse_course_file(content, ROOT / "course.json", faults)

    assert (description is None) == bool(faults.faults)
    assert all(str(fault).isprintable() for fault in faults.faults)
