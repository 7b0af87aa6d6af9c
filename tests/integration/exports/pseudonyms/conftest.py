"""A course whose people have names that occur nowhere else."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
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
    Project,
)
from bookbag.domain.people.groups import add_to_group, make_group
from bookbag.domain.people.models import Member, User
from bookbag.domain.teaching.models import PublishedSource
from bookbag.domain.teaching.services import replace_source
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
from tests.unit.identities import planted

CANARIES = (
    "quagliotti", "Ottoline", "Brandewyne", "zzabriskie", "Peregrine", "Szymborska",
    "tetrazzini", "Luisella", "Fiorentino", "203.0.113.77", "sis-99817",
)  # fmt: skip
"""User names, first and last names, an address of a computer, and an id."""
FILE_TEXT = "a line that stands in files alone"
STUDY = "reading study"
ZSTD = b"\x28\xb5\x2f\xfd"
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

    @property
    def project(self) -> Project:
        """The first student's work."""
        return Project.objects.get(assignment=self.lab, owner=self.first)

    @property
    def source(self) -> PublishedSource:
        """What the lab begins with."""
        return PublishedSource.objects.get(assignment=self.lab)

    def scope_for(self, definition: ExportDefinition) -> ExportScope:
        """Return what an export of the catalogue is about here."""
        if definition.scope_kind is ScopeKind.PROJECT:
            return ExportScope.of_project(self.project)
        workspace = self.course.workspace
        return {
            ScopeKind.WORKSPACE: ExportScope(workspace=workspace),
            ScopeKind.COURSE: ExportScope.of_course(self.course),
            ScopeKind.ASSIGNMENT: ExportScope.of_assignment(self.lab),
            ScopeKind.STUDENT: ExportScope.of_student(self.course, self.first),
            ScopeKind.USER: ExportScope(workspace=workspace, subject=self.first),
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
        folder = write_work(tmp_path / user.username, FILE_TEXT)
        factories.make_project(lab, user, folder)
        AccessEvent.objects.create(
            user=user, course=course, assignment=lab, access_type="Project Open",
            occurred_at=SNAPSHOT_AT, project_path=f"/{user.username}/lab",
            ip_address="203.0.113.77",
        )  # fmt: skip
    made = Class(course=course, lab=lab, teacher=teacher, first=first, second=second)
    source = write_work(tmp_path / "source", FILE_TEXT)
    replace_source(lab, source, changelog="", publisher=teacher)
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
        identifier: str,
        *,
        purpose: str = STUDY,
        about: ExportScope | None = None,
        **options: str,
    ) -> tuple[Product, bytes]:
        definition = get_definition(identifier)
        scope = about or people.scope_for(definition)
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


def list_files(content: bytes, name: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of an archive, of archives in it, or of other content.

    A link's content is what it leads to, as in a ZIP.
    """
    if content.startswith(ZSTD):
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            packed = io.BytesIO(stream.read())
        with tarfile.open(fileobj=packed) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                data = file.read() if file else member.linkname.encode()
                yield from list_files(data, f"{name}/{member.name}")
    elif content.startswith(b"PK"):
        yield name, b""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield from list_files(archive.read(inner), f"{name}/{inner}")
    else:
        yield name, content


def unpack(content: bytes) -> bytes:
    """Return all names and all contents of an archive, or other content as it is."""
    if not content.startswith((ZSTD, b"PK")):
        return content
    return b"\n".join(
        name.encode() + b"\n" + data for name, data in list_files(content)
    )


def plant_files(folder: Path) -> Path:
    """Name the first student in a folder's files wherever files can."""
    (folder / "quagliotti_lab.py").write_text("# by Ottoline Brandewyne\n")
    (folder / "of Brandewyne").mkdir()
    (folder / "of Brandewyne" / "notes.md").write_text("quagliotti@example.edu")
    (folder / "link.py").symlink_to("quagliotti_lab.py")
    (folder / "a.ipynb").write_text(json.dumps({"metadata": {"author": "zzabriskie"}}))
    (folder / "essay.docx").write_bytes(planted.make_docx(body="Peregrine Szymborska"))
    (folder / "plot.jpg").write_bytes(planted.make_jpeg(has_position=True))
    (folder / "data.bin").write_bytes(bytes(100))
    planted.make_repository(folder / "repo", is_packed=False)
    return folder


def find_canaries(content: bytes) -> list[str]:
    folded = content.decode("utf-8", "replace").casefold()
    return [canary for canary in CANARIES if canary.casefold() in folded]
