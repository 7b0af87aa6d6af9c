"""A course whose people have names that occur nowhere else."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from bagkit.archive import EarlierWork
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.courses.models import (
    Answer,
    Assessment,
    Assignment,
    Course,
    Progress,
)
from bookbag.domain.people.groups import add_to_group, make_group
from bookbag.domain.people.models import Member, User
from bookbag.exports.catalogue import get_definition
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    ExportScope,
    Product,
    ProductionContext,
    ScopeKind,
)
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.pseudonyms.keys import ensure_key
from tests import factories
from tests.factories_files import write_work

CANARIES = (
    "quagliotti", "Ottoline", "Brandewyne", "zzabriskie", "Peregrine", "Szymborska",
    "tetrazzini", "Luisella", "Fiorentino", "203.0.113.77", "sis-99817",
)  # fmt: skip
"""User names, first and last names, an address of a computer, and an id."""
STUDY = "reading study"
SNAPSHOT_AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
Produce = Callable[..., tuple[Product, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A course with a teacher and two students who did something."""

    course: Course
    lab: Assignment
    teacher: User
    first: User
    second: User

    def scope_for(self, definition: ExportDefinition) -> ExportScope:
        """Return what an export of the catalogue is about here."""
        return {
            ScopeKind.WORKSPACE: ExportScope(workspace=self.course.workspace),
            ScopeKind.COURSE: ExportScope.of_course(self.course),
            ScopeKind.ASSIGNMENT: ExportScope.of_assignment(self.lab),
            ScopeKind.STUDENT: ExportScope.of_student(self.course, self.first),
        }[definition.scope_kind]


@pytest.fixture
def people(tmp_path: Path) -> Class:
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab One")
    teacher = factories.make_teacher(course, "tetrazzini")
    first = factories.enrol(course, "quagliotti")
    second = factories.enrol(course, "zzabriskie")
    for user, names in (
        (teacher, ("Luisella", "Fiorentino")),
        (first, ("Ottoline", "Brandewyne")),
        (second, ("Peregrine", "Szymborska")),
    ):
        user.first_name, user.last_name = names
        user.save()
        factories.make_project(lab, user, write_work(tmp_path / user.username))
        AccessEvent.objects.create(
            user=user, course=course, assignment=lab, access_type="Project Open",
            occurred_at=SNAPSHOT_AT, project_path=f"/{user.username}/lab",
            ip_address="203.0.113.77",
        )  # fmt: skip
    made = Class(course=course, lab=lab, teacher=teacher, first=first, second=second)
    write_deeds(made)
    return made


def write_deeds(made: Class) -> None:
    """Let people answer, be commented on, play a role, join a group, and be logged."""
    workspace = made.course.workspace
    progress = Progress.objects.create(
        assignment=made.lab, student=made.first, seconds_spent=60,
        comments="Well done, Ottoline! Ask Peregrine Szymborska.",
    )  # fmt: skip
    quiz = Assessment.objects.create(assignment=made.lab, name="Quiz", position=0)
    Answer.objects.create(
        progress=progress, assessment=quiz, answer="I am Ottoline Brandewyne"
    )
    factories.make_session(
        factories.make_scenario(workspace), made.first, assigner=made.teacher,
        started_at=timezone.now(),
    )  # fmt: skip
    Member.objects.filter(user=made.second).update(external_id="sis-99817")
    group = make_group(workspace, "Friends of Brandewyne")
    add_to_group(group, [made.second.email])
    seal_all_drafts()
    for user in (made.first, made.second):
        user.email = f"{user.username}@example.edu"
        user.save()


@pytest.fixture
def produce(people: Class, tmp_path: Path) -> Produce:
    """Returns the product of an export with its content, unpacked when it is a ZIP."""

    def run(
        identifier: str, *, purpose: str = STUDY, **options: str
    ) -> tuple[Product, bytes]:
        definition = get_definition(identifier)
        scope = people.scope_for(definition)
        if purpose:
            ensure_key(scope.workspace, purpose, people.teacher)
        staged = tmp_path / f"{identifier}.staged"
        product = definition.produce(
            ProductionContext(
                export_id="e1",
                scope=scope,
                options={**options, PSEUDONYMISE: purpose},
                snapshot_at=SNAPSHOT_AT,
                staged=staged,
                on_progress=lambda _progress: None,
                earlier=EarlierWork(keeps_index=not purpose),
            )
        )
        return product, unpack(staged.read_bytes())

    return run


def unpack(content: bytes) -> bytes:
    """Return all names and all contents of a ZIP, or other content as it is."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(
            part
            for name in archive.namelist()
            for part in (name.encode(), archive.read(name))
        )


def find_canaries(content: bytes) -> list[str]:
    folded = content.decode("utf-8", "replace").casefold()
    return [canary for canary in CANARIES if canary.casefold() in folded]
