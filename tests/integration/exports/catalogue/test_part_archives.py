"""Archives of one assignment and of one student: that work, and nobody else's."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bagkit.archive import EarlierWork, verify_archive
from bookbag.domain.courses.models import Assignment, Course, Project
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.exports.errors import ScopeError
from bookbag.exports.services import request_export
from tests import factories
from tests.factories_files import write_work

SNAPSHOT_AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
Produce = Callable[[str, ExportScope], zipfile.ZipFile]


@pytest.fixture
def people(course: Course) -> dict[str, User]:
    return {name: factories.enrol(course, name) for name in ("ada", "ben")}


@pytest.fixture
def labs(course: Course, people: dict[str, User], tmp_path: Path) -> list[Assignment]:
    """Both students worked in both assignments."""
    labs = [factories.make_assignment(course, name) for name in ("One", "Two")]
    for lab in labs:
        for name, person in people.items():
            folder = write_work(tmp_path / lab.folder / name, f"secret of {name}")
            factories.make_project(lab, person, folder)
    return labs


@pytest.fixture
def produce(tmp_path: Path) -> Produce:
    def run(identifier: str, scope: ExportScope) -> zipfile.ZipFile:
        staged = tmp_path / "it.zip"
        get_definition(identifier).produce(
            ProductionContext(
                export_id="e1",
                scope=scope,
                options={},
                snapshot_at=SNAPSHOT_AT,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(),
            )
        )
        assert verify_archive(staged).is_ok
        return zipfile.ZipFile(io.BytesIO(staged.read_bytes()))

    return run


def folders_of(archive: zipfile.ZipFile) -> set[str]:
    parts = [name.split("/") for name in archive.namelist()]
    return {"/".join(p[3:5]) for p in parts if p[2:3] == ["workspaces"] and p[5:]}


def test_one_assignment_holds_all_its_students(
    labs: list[Assignment], produce: Produce
) -> None:
    archive = produce("assignment-data", ExportScope.of_assignment(labs[0]))

    top = "CS101_one_assignment-data_2026-11-22"
    assert folders_of(archive) == {"one/ada", "one/ben"}
    receipt = json.loads(archive.read(f"{top}/receipt.json"))
    assert receipt["workspaces"]["expected"] == 2
    rows = archive.read(f"{top}/data/tables/projects.csv").decode().splitlines()
    assert len(rows) == 3


@pytest.mark.usefixtures("labs")
def test_one_student_holds_nothing_of_another(
    course: Course, people: dict[str, User], produce: Produce
) -> None:
    scope = ExportScope.of_student(course, people["ada"])

    archive = produce("student-data", scope)

    assert folders_of(archive) == {"one/ada", "two/ada"}
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"secret of ada" in everything
    assert b"secret of ben" not in everything
    assert b"ben@example.edu" not in everything


@pytest.mark.parametrize("identifier", ["assignment-data", "student-data"])
def test_it_is_about_its_own_kind_of_thing(
    course: Course, teacher: User, identifier: str
) -> None:
    with pytest.raises(ScopeError, match="Found a course"):
        request_export(
            person=teacher, identifier=identifier, scope=ExportScope.of_course(course)
        )


def test_students_may_not_ask(course: Course, people: dict[str, User]) -> None:
    definition = get_definition("student-data")

    assert not definition.may_request(
        people["ada"], ExportScope.of_student(course, people["ada"])
    )


def test_the_course_file_names_each_stack_and_nobody_else(
    labs: list[Assignment], people: dict[str, User], produce: Produce
) -> None:
    stack = factories.make_stack(labs[0].course.workspace, "Python", "3.12")
    Project.objects.filter(owner=people["ada"], assignment=labs[0]).update(stack=stack)

    archive = produce(
        "student-data", ExportScope.of_student(labs[0].course, people["ada"])
    )

    [name] = [n for n in archive.namelist() if n.endswith("data/course.json")]
    content = archive.read(name)
    described = json.loads(content)
    assert described["format"] == "bookbag-course/2"
    assert described["stacks"] == [{"name": "Python", "version": "3.12"}]
    assert described["projects"] == [
        {
            "assignment": "one",
            "username": "ada",
            "stack": {"name": "Python", "version": "3.12"},
        },
        {"assignment": "two", "username": "ada", "stack": None},
    ]
    assert b"ben" not in content
