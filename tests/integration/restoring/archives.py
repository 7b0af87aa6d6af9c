"""Courses and their archives, for tests of restoring."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from django.utils import timezone

from bagkit.archive import (
    BagPlan,
    EarlierWork,
    ExpectedWorkspace,
    TableSource,
    write_bag,
)
from bagkit.tables import Column, TableSchema, iter_row_batches
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import (
    Answer,
    Assessment,
    AssignmentKind,
    Course,
    Progress,
)
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import ExportScope, ProductionContext
from bookbag.formats.course_file import (
    DescribedAssignment,
    DescribedCourse,
    DescribedModule,
    DescribedProject,
)
from bookbag.formats.course_tables import COURSE_TABLES, make_access_schema
from bookbag.imports.restoring.ledger import Kind, Ledger, Outcome
from bookbag.imports.restoring.working import RestoreTask, restore_course
from tests import factories
from tests.factories_files import write_work
from tests.unit.packing.bags import KEY

NOW = timezone.now().replace(microsecond=0)


def make_full_course(
    tmp_path: Path, workspace: Workspace | None = None, name: str = "CS101"
) -> Course:
    """Return a course with some of everything: two students, one of them removed."""
    course = factories.make_course(name, workspace=workspace)
    teacher = factories.make_teacher(course, "teacher")
    lab = factories.make_assignment(course, "Lab One")
    factories.make_assignment(course, "Reading", book_name="The Book")
    stack = factories.make_stack(course.workspace)
    question = Assessment.objects.create(assignment=lab, name="Q1", max_points=2.5)
    Assessment.objects.create(assignment=lab, name="Unanswered", position=1)
    for username in ("ada", "ben"):
        student = factories.enrol(course, username, is_removed=username == "ben")
        folder = write_work(tmp_path / "work" / username, f"work of {username}")
        project = factories.make_project(lab, student, folder)
        project.stack = stack
        project.save()
        progress = Progress.objects.create(
            assignment=lab,
            student=student,
            started_at=NOW - timedelta(days=3),
            completed_dates=["2026-11-20T10:00:00+00:00"],
            seconds_spent=360,
            final_grade=87.5,
            comments="=1+1\nGood, “really”",
        )
        Answer.objects.create(
            progress=progress, assessment=question, answer="42", points=2.0
        )
        _add_events(course, student, project.path)
    _add_events(course, teacher, "")
    return course


def _add_events(course: Course, person: User, path: str) -> None:
    course.enrolments.filter(user=person).update(enrolled_at=NOW - timedelta(days=9))
    AccessEvent.objects.create(
        user=person,
        access_type="Log In",
        occurred_at=NOW - timedelta(days=2),
        ip_address="192.0.2.7",
    )
    if path:
        for _twice in range(2):
            AccessEvent.objects.create(
                user=person,
                access_type="Project Open",
                occurred_at=NOW - timedelta(days=1),
                course=course,
                assignment=course.assignments.first(),
                project_path=path,
                role="Student",
            )


def export(scope: ExportScope, target: Path, identifier: str = "course-data") -> Path:
    """Write the archive of a scope."""
    get_definition(identifier).produce(
        ProductionContext(
            export_id="e1",
            scope=scope,
            options={},
            snapshot_at=NOW,
            staged=target,
            on_progress=lambda _progress: None,
            earlier=EarlierWork(),
        )
    )
    return target


def export_course(course: Course, target: Path) -> Path:
    return export(ExportScope.of_course(course), target)


def restore(archive: Path, workspace: Workspace, files: Path, name: str = "") -> Ledger:
    """Restore an archive, whoever asked for it."""
    return restore_course(make_task(archive, workspace, name), files)


def make_task(archive: Path, workspace: Workspace, name: str = "") -> RestoreTask:
    return RestoreTask(
        archive=archive,
        workspace=workspace,
        course_name=name,
        now=NOW.astimezone(UTC),
    )


def read_manifest(archive: Path, *, own_results: bool = True) -> dict[str, str]:
    """Return the digest of every table and every workspace's file, by path.

    Args:
        archive: The archive.
        own_results: Whether tables of results are wanted too.
    """
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
        top = opened.namelist()[0].split("/")[0]
        text = opened.read(f"{top}/manifest-sha256.txt").decode()
    found = {}
    for line in text.splitlines():
        digest, _, path = line.partition("  ")
        is_results = path.startswith("data/tables/results")
        if path.startswith(
            ("data/workspaces/", "data/tables/", "data/course.json")
        ) and (own_results or not (is_results or path.endswith("datapackage.json"))):
            found[path] = digest
    return found


def read_results(archive: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of all tables of results, without the server's own numbers."""
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
        tables = {
            name.partition("/")[2]: opened.read(name).decode()
            for name in opened.namelist()
            if "/data/tables/results" in name
        }
    found = {}
    for name, text in tables.items():
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        found[name] = [
            {k: v for k, v in row.items() if k != "Hashed_ID"} for row in rows
        ]
    return found


def read_modes(archive: Path) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Return mode and time of everything in the workspaces, by path."""
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
        return {
            member.filename: (member.external_attr >> 16, member.date_time)
            for member in opened.infolist()
            if "/data/workspaces/" in member.filename
        }


def counts(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Return what is not zero, by kind and outcome."""
    return {
        kind.value: {
            outcome.value: ledger.count(outcome, kind)
            for outcome in Outcome
            if ledger.count(outcome, kind)
        }
        for kind in ledger.iter_kinds()
    }


def reasons(ledger: Ledger, kind: Kind, outcome: Outcome) -> list[tuple[int, str]]:
    """Return row numbers and reasons of one kind and outcome."""
    lines = ledger.lines.get((kind.value, outcome.value), [])
    return [(line.row or 0, line.reason) for line in lines]


def forget(course: Course, *, people: bool) -> None:
    """Remove a course, and perhaps everybody in it, as if it had never been here."""
    students = list(course.enrolments.values_list("user", flat=True))
    AccessEvent.objects.filter(course=course).delete()
    course.delete()
    course.workspace.stacks.all().delete()
    if people:
        User.objects.filter(pk__in=students).delete()


Rows = list[tuple[str | None, ...]]


def forge(
    target: Path,
    tables: dict[str, Rows] | None = None,
    *,
    described: dict[str, object] | None = None,
    workspaces: list[ExpectedWorkspace] | None = None,
) -> Path:
    """Write an archive that is whole and holds whatever its maker likes.

    Args:
        target: The file to write.
        tables: Rows of texts by the name of their table.
        described: What ``course.json`` says.
        workspaces: What lies under ``workspaces``.
    """
    schemas = {schema.name: schema for schema in (*COURSE_TABLES, make_access_schema())}
    write_bag(
        BagPlan(
            name="forged",
            title="Forged",
            snapshot_at=NOW,
            course=described or describe("CS101"),
            workspaces=workspaces or [],
            tables=[
                _forge_table(schemas[name], rows)
                for name, rows in (tables or {}).items()
            ],
            generator="Somebody",
            identifier="e2",
            signing_key=KEY,
        ),
        target,
    )
    return target


def describe(name: str, *projects: DescribedProject) -> dict[str, object]:
    """Return a course file with one assignment, Lab."""
    lab = DescribedAssignment(
        name="Lab", folder="lab", kind=AssignmentKind.PROJECT, book_name=""
    )
    return DescribedCourse(
        workspace="Elsewhere",
        name=name,
        title=f"{name} in full",
        description="",
        created_at=NOW,
        modules=(DescribedModule(name="M", assignments=(lab,)),),
        stacks=(),
        projects=projects,
    ).to_document()


def _forge_table(schema: TableSchema, rows: Rows) -> TableSource:
    # Every column a text: the header is the same, and a cell may hold anything.
    texts = replace(
        schema,
        columns=tuple(Column(c.name, "string", c.description) for c in schema.columns),
    )
    return TableSource(schema=texts, batches=lambda: iter_row_batches(texts, rows))


def student(
    username: str, role: str = "Student", email: str | None = None, **cells: str
) -> tuple[str | None, ...]:
    """Return a row of enrolments."""
    values: dict[str, str | None] = {
        "username": username,
        "email": f"{username}@example.edu" if email is None else email,
        "first_name": username.capitalize(),
        "last_name": "Example",
        "role": role,
        "is_read_only": "false",
        "enrolled_at": "2026-09-01T08:00:00+00:00",
        "removed_at": None,
        **cells,
    }
    return tuple(values.values())


LAB = ("M", "Lab", "lab", "project", "", "0")
"""The row of the one assignment."""
