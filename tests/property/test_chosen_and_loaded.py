"""What people choose and load is taken or refused, whatever it is."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbag.domain.courses.models import Course
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.options import Option
from bookbag.imports.access_files import load_access_events
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.result_files import read_results
from bookbag.imports.result_loading import load_results
from tests import factories
from tests.property.fuzzed import changed, fuzzing

CHOICES = (
    "",
    "csv",
    "2026-11-22",
    "Europe/Berlin",
    "ada ada@example.edu, eve",
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA",
)
WORDS = (b"\0", b" ", b"\xe2\x80\xa8", b"age1", b"-", b"9999", b"/", b"=")
RESULTS = (
    b"assignment,student,started_at,final_grade,comments,assessment,answer,points\r\n"
    b"lab,ada,2026-11-22T10:00:00Z,90.5,good,q1,42,1\r\n",
    b'{"assignment": "lab", "student": "ada", "seconds_spent": 9}\n',
)
EVENTS = (
    b"event_id,user,access_type,occurred_at,course,assignment,role\r\n"
    b"e1,ada,Project Open,2026-11-22T10:00:00Z,CS101,lab,Student\r\n",
    b'{"event_id": "e2", "user": "ada", "access_type": "Log Out", '
    b'"occurred_at": "2026-11-22T10:00:00+01:00"}\n',
)
FILE_WORDS = (
    *(b'"', b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\0", b"1e999", b"NaN", b"null"),
    *(b"9" * 30, b"0001-01-01T00:00:00+14:00", b"fe80::1%eth0", b'{"a": ', b";"),
)


def list_options() -> dict[str, Option]:
    """Return every option of every export, once each."""
    return {
        f"{definition.identifier}: {name}": option
        for definition in get_catalogue().values()
        for name, option in definition.options.items()
    }


@given(data=st.data())
@fuzzing
def test_an_option_cleans_a_value_or_refuses_it(data: st.DataObject) -> None:
    seeds = [choice.encode() for choice in CHOICES]
    value = data.draw(st.text(max_size=80)) or data.draw(changed(seeds, WORDS)).decode(
        errors="surrogateescape"
    )
    for name, option in list_options().items():
        with contextlib.suppress(ValueError):
            cleaned = option.clean(value)
            assert option.clean(cleaned) == cleaned, name
            assert not option.choices or cleaned in option.choices


@pytest.fixture
def course() -> Course:
    course = factories.make_course("CS101")
    factories.make_assignment(course, "lab")
    factories.enrol(course, "ada")
    return course


@pytest.mark.django_db
def test_the_files_to_begin_with_are_whole(course: Course, tmp_path: Path) -> None:
    for number, suffix in enumerate(("csv", "jsonl")):
        results, events = tmp_path / f"r.{suffix}", tmp_path / f"e.{suffix}"
        results.write_bytes(RESULTS[number])
        events.write_bytes(EVENTS[number])

        assert len(read_results(course.workspace, results)) == 1
        assert load_access_events(course.workspace, events)


@pytest.mark.django_db
@given(data=st.data())
@fuzzing
def test_results_are_loaded_or_refused(
    course: Course, tmp_path: Path, data: st.DataObject
) -> None:
    content = data.draw(changed(list(RESULTS), FILE_WORDS))
    for name in ("results.csv", "results.jsonl"):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            load_results(course.workspace, read_results(course.workspace, path))
        except LoadFaultsError as refused:
            check_faults(refused)


@pytest.mark.django_db
@given(data=st.data())
@fuzzing
def test_access_events_are_loaded_or_refused(
    course: Course, tmp_path: Path, data: st.DataObject
) -> None:
    content = data.draw(changed(list(EVENTS), FILE_WORDS))
    for name in ("access.csv", "access.jsonl"):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            load_access_events(course.workspace, path)
        except LoadFaultsError as refused:
            check_faults(refused)


def check_faults(refused: LoadFaultsError) -> None:
    assert refused.faults
    assert all(str(fault).isprintable() for fault in refused.faults)
