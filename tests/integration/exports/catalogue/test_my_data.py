"""My data: everything of one person, and a canary of nobody else."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bagkit.archive import EarlierWork, verify_archive
from bookbag.domain.activity.models import AccessEvent, AccessType
from bookbag.domain.courses.models import Answer, Assessment, Course, Progress
from bookbag.domain.people.models import Member, User
from bookbag.domain.teaching.services import extend_time
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.exports.errors import PermissionRefusedError
from bookbag.exports.services import request_export
from tests import factories
from tests.factories_files import write_work

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
CANARY = "canary"
Produce = Callable[[User], zipfile.ZipFile]


@pytest.fixture
def ada(course: Course, tmp_path: Path) -> User:
    """A student beside another one, whose every text holds a canary."""
    lab = factories.make_assignment(course, "Lab One")
    question = Assessment.objects.create(assignment=lab, name="Q1")
    ada, other = factories.enrol(course, "ada"), factories.enrol(course, CANARY)
    boss = factories.make_teacher(course, f"{CANARY}-teacher")
    scenario = factories.make_scenario(course.workspace, "Pitch")
    for person in (ada, other):
        name = person.username
        folder = write_work(tmp_path / name, f"work of {name}")
        factories.make_project(lab, person, folder)
        progress = Progress.objects.create(
            assignment=lab, student=person, comments=f"comment on {name}"
        )
        Answer.objects.create(progress=progress, assessment=question, answer=name)
        AccessEvent.objects.create(
            user=person,
            access_type=AccessType.LOG_IN,
            occurred_at=NOW - timedelta(days=1),
        )
        factories.make_session(
            scenario, person, started_at=NOW, assigner=boss, feedback=f"to {name}"
        )
    old = NOW - timedelta(days=200)
    AccessEvent.objects.create(
        user=ada, access_type=AccessType.LOG_OUT, occurred_at=old
    )
    return ada


@pytest.fixture
def produce(course: Course, tmp_path: Path) -> Produce:
    def run(person: User) -> zipfile.ZipFile:
        staged = tmp_path / "it.zip"
        get_definition("my-data").produce(
            ProductionContext(
                export_id="e1",
                scope=ExportScope(workspace=course.workspace, subject=person),
                options={},
                snapshot_at=NOW,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        assert verify_archive(staged).is_ok
        return zipfile.ZipFile(io.BytesIO(staged.read_bytes()))

    return run


def read_tables(archive: zipfile.ZipFile) -> dict[str, str]:
    return {
        Path(name).stem: archive.read(name).decode()
        for name in archive.namelist()
        if "/data/tables/" in name and name.endswith(".csv")
    }


def test_everything_of_the_person_is_in_it(
    ada: User, course: Course, produce: Produce
) -> None:
    for student in (ada, factories.enrol(course)):
        extend_time(course.assignments.get(), student, {"deadline_minutes": 30})

    archive = produce(ada)

    tables = read_tables(archive)
    counts = {name: len(text.splitlines()) - 1 for name, text in tables.items()}
    assert counts == {
        "profile": 1,
        "enrolments": 1,
        "projects": 1,
        "progress": 1,
        "time_extensions": 1,
        "answers": 1,
        "user_access": 1,  # the log-out of 200 days ago is kept by nobody
        "sessions": 1,
    }
    assert "comment on ada" in tables["progress"]
    names = archive.namelist()
    top = names[0].split("/")[0]
    receipt = json.loads(archive.read(f"{top}/receipt.json"))
    assert receipt["workspaces"]["expected"] == receipt["workspaces"]["present"] == 1
    assert any("/workspaces/CS101 lab-one/ada/" in name for name in names)


def test_nobody_else_is_in_it(ada: User, produce: Produce) -> None:
    archive = produce(ada)

    assert not [name for name in archive.namelist() if CANARY in name]
    for name in archive.namelist():
        assert CANARY.encode() not in archive.read(name).lower(), name


def test_only_the_person_may_ask(course: Course, ada: User) -> None:
    scope = ExportScope(workspace=course.workspace, subject=ada)
    teacher = factories.make_teacher(course)
    admin = factories.make_member(course.workspace, role="Owner")

    for person in (teacher, admin):
        with pytest.raises(PermissionRefusedError):
            request_export(person=person, identifier="my-data", scope=scope)
    assert request_export(person=ada, identifier="my-data", scope=scope).subject == ada


def test_a_deactivated_member_may_not_ask(course: Course, ada: User) -> None:
    Member.objects.filter(user=ada).update(status="Deactivated")
    scope = ExportScope(workspace=course.workspace, subject=ada)

    with pytest.raises(PermissionRefusedError):
        request_export(person=ada, identifier="my-data", scope=scope)
