"""User access data: the right events, the right words, the right six months."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from bagkit.archive import EarlierWork
from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.exports.errors import OptionsError
from bookbag.exports.services import request_export
from bookbag.imports.access_files import load_access_events
from bookbag.imports.errors import LoadFaultsError
from tests import factories

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
Export = Callable[..., list[dict[str, str]]]
HEAD = "event_id,user,access_type,occurred_at,course,assignment,project_path,role"
OPENED = "e1,ada,Project Open,2026-11-01T10:00:00Z,CS101,Lab One,/ada/lab,Student"


@pytest.fixture
def export(course: Course, tmp_path: Path) -> Export:
    def run(**options: str) -> list[dict[str, str]]:
        staged = tmp_path / "access.csv"
        get_definition("user-access").produce(
            ProductionContext(
                export_id="e1",
                scope=ExportScope.of_course(course),
                options={"dialect": "csv-exact", **options},
                snapshot_at=NOW,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        text = staged.read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    return run


@pytest.fixture
def ada(course: Course) -> User:
    """A student who was in the course in October only."""
    ada = factories.enrol(course, "ada")
    Enrolment.objects.filter(user=ada).update(
        enrolled_at=datetime(2026, 10, 1, tzinfo=UTC),
        removed_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    return ada


def log_in(user: User, moment: datetime) -> None:
    AccessEvent.objects.create(
        user=user, access_type=AccessType.LOG_IN, occurred_at=moment, ip_address="::1"
    )


def open_project(course: Course, user: User, moment: datetime, book: str = "") -> None:
    AccessEvent.objects.create(
        user=user,
        access_type=AccessType.PROJECT_OPEN,
        occurred_at=moment,
        course=course,
        assignment=factories.make_assignment(course, "Lab One", book_name=book),
        project_path="/ada/lab-one",
        role="Student",
    )


def test_a_log_in_belongs_to_who_was_enrolled_then(
    course: Course, ada: User, export: Export
) -> None:
    for month in (9, 10, 11):
        log_in(ada, datetime(2026, month, 15, 9, tzinfo=UTC))
    stranger = factories.make_member(course.workspace)
    log_in(stranger, datetime(2026, 10, 15, tzinfo=UTC))

    assert export() == [
        {
            "username": "ada",
            "email": "ada@example.edu",
            "first_name": "Ada",
            "last_name": "Example",
            "occurred_at": "2026-10-15T09:00:00.000000+00:00",
            "access_type": "Log In",
            "assignment_name": "",
            "role": "Student",
            "project_path": "",
            "ip_address": "::1",
        }
    ]


@pytest.mark.parametrize(("book", "shown"), [("", "Lab One"), ("My Book", "My Book")])
def test_a_book_is_reported_by_its_name(
    course: Course, ada: User, export: Export, book: str, shown: str
) -> None:
    open_project(course, ada, NOW - timedelta(days=1), book)

    (row,) = export()

    assert (row["assignment_name"], row["project_path"]) == (shown, "/ada/lab-one")


def test_class_terms_name_the_column_otherwise(
    course: Course, ada: User, export: Export, settings: Settings
) -> None:
    settings.BOOKBAG_TERMS = "class"
    open_project(course, ada, NOW - timedelta(days=1))

    (row,) = export()

    assert row["unit_name"] == "Lab One"
    assert "assignment_name" not in row


def test_what_is_older_than_it_may_be_kept_is_never_in_it(
    course: Course, ada: User, export: Export
) -> None:
    edge = NOW - timedelta(days=183)
    for number, moment in enumerate((edge - timedelta(seconds=1), edge)):
        AccessEvent.objects.create(
            event_id=str(number),
            user=ada,
            access_type=AccessType.PROJECT_CLOSE,
            occurred_at=moment,
            course=course,
            role="Student",
        )

    assert [row["occurred_at"][:19] for row in export()] == ["2026-05-23T13:05:00"]


def test_a_teacher_who_signs_in_is_one(course: Course, export: Export) -> None:
    teacher = factories.make_teacher(course, "grace")
    Enrolment.objects.update(enrolled_at=NOW - timedelta(days=30))
    log_in(teacher, NOW - timedelta(days=1))

    assert [row["role"] for row in export()] == ["Teacher"]


@pytest.mark.usefixtures("ada")
def test_events_are_loaded_once(course: Course, tmp_path: Path) -> None:
    factories.make_assignment(course, "Lab One")
    path = tmp_path / "access.csv"
    log_in_row = "e2,ADA@example.edu,login,2026-11-02T10:00:00Z,,,,"
    path.write_text(f"{HEAD}\n{OPENED}\n{log_in_row}\n")

    first, _old = load_access_events(course.workspace, path)
    again, _old = load_access_events(course.workspace, path)

    assert (first.created, again.created, again.unchanged) == (2, 0, 2)
    assert AccessEvent.objects.get(event_id="e1").assignment is not None


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("e1", "", "Found event_id '', expected 1 to 200 characters"),
        ("ada", "nobody", "Found user 'nobody', expected a member"),
        ("Project Open", "Peek", "expected Log In, Log Out, Project Open, Project"),
        ("T10:00:00Z", "", "Found occurred_at '2026-11-01', expected a time with"),
        ("CS101", "CS9", "Found course 'CS9', expected the name of a course"),
        ("Lab One", "Lab Two", "Found assignment 'Lab Two'"),
        ("Student", "Dean", "Found role 'Dean', expected Teacher or Student"),
        ("Project Open", "Log In", "expected Project Open or Project Close there"),
    ],
)
def test_a_fault_of_an_event_is_named_and_nothing_is_loaded(
    course: Course, tmp_path: Path, old: str, new: str, message: str
) -> None:
    factories.make_assignment(course, "Lab One")
    path = tmp_path / "access.csv"
    good = OPENED.replace("e1", "e0")
    path.write_text(f"{HEAD}\n{good}\n{OPENED.replace(old, new, 1)}\n")

    with pytest.raises(LoadFaultsError) as caught:
        load_access_events(course.workspace, path)

    (fault,) = caught.value.faults
    assert fault.line == 3
    assert message in fault.message
    assert not AccessEvent.objects.exists()


def test_days_are_days_of_the_zone_that_was_chosen(
    course: Course, ada: User, export: Export
) -> None:
    for hour in (21, 22, 23):
        log_in(ada, datetime(2026, 10, 14, hour, 30, tzinfo=UTC))
    log_in(ada, datetime(2026, 10, 15, 22, tzinfo=UTC))
    assert course.name == "CS101"

    rows = export(since="2026-10-15", until="2026-10-15", time_zone="Europe/Berlin")

    assert [row["occurred_at"] for row in rows] == [
        "2026-10-15T00:30:00.000000+02:00",
        "2026-10-15T01:30:00.000000+02:00",
    ]
    assert len(export(since="2026-10-15")) == 1
    assert len(export(until="2026-10-14")) == 3


@pytest.mark.usefixtures("ada")
def test_only_the_people_who_were_asked_for(course: Course, export: Export) -> None:
    for name in ("ben", "cleo"):
        person = factories.enrol(course, name)
        open_project_once(course, person)

    assert {row["username"] for row in export(people="ben")} == {"ben"}
    assert {row["username"] for row in export(people="ben@example.edu cleo")} == {
        "ben",
        "cleo",
    }
    assert len(export()) == 2


def open_project_once(course: Course, user: User) -> None:
    AccessEvent.objects.create(
        user=user,
        access_type=AccessType.PROJECT_OPEN,
        occurred_at=NOW - timedelta(days=1),
        course=course,
        role="Student",
    )


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": "soon"}, "Found 'soon', expected a day like 2026-11-22"),
        ({"until": "9999-12-31"}, "Found '9999-12-31', expected a day like"),
        ({"since": "2026-10-02", "until": "2026-10-01"}, "expected no earlier day"),
        ({"time_zone": "Mars/Base"}, "Found 'Mars/Base', expected a time zone like"),
        ({"people": "ada eve"}, "Found 'eve', expected people of the course"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_is_made(
    course: Course, teacher: User, options: dict[str, str], message: str
) -> None:
    with pytest.raises(OptionsError, match=message):
        request_export(
            person=teacher,
            identifier="user-access",
            scope=ExportScope.of_course(course),
            options=options,
        )


def test_choices_are_kept_in_one_form(course: Course, teacher: User, ada: User) -> None:
    export = request_export(
        person=teacher,
        identifier="user-access",
        scope=ExportScope.of_course(course),
        options={"people": f" {ada.email.upper()};ada,", "since": " 2026-10-01 "},
    )

    assert export.options == {
        "dialect": "csv",
        "since": "2026-10-01",
        "until": "",
        "people": "ada ada@example.edu",
        "time_zone": "UTC",
    }
