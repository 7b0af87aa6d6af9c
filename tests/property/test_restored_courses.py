"""Export, restore, export: the same tables and files, for courses of any kind.

``BOOKBAG_TEST_ROUND_TRIPS`` says how many courses are tried; few by default.
"""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import (
    Answer,
    Assessment,
    Assignment,
    Course,
    Enrolment,
    Module,
    Progress,
)
from bookbag.domain.people.models import User, Workspace
from tests import factories
from tests.hostile_workspace import build_hostile_workspace
from tests.integration.restoring.archives import (
    NOW,
    export_course,
    forget,
    read_manifest,
    read_modes,
    restore,
)

ROUND_TRIPS = int(os.environ.get("BOOKBAG_TEST_ROUND_TRIPS", "4"))
KEPT_SINCE = datetime(2026, 9, 1, tzinfo=UTC)
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
).map(lambda text: f"n{text}")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.none() | st.floats(-1e9, 1e9)
MOMENTS = st.integers(0, 200_000_000_000_000).map(
    lambda microseconds: KEPT_SINCE - timedelta(microseconds=microseconds)
)
FILES = st.dictionaries(
    st.binary(min_size=1, max_size=20)
    .map(lambda name: name.replace(b"/", b"").replace(b"\0", b""))
    .filter(lambda name: name.strip(b".")),
    st.binary(max_size=200),
    max_size=4,
)


@st.composite
def assignments(draw: st.DrawFn, course: Course, names: list[str]) -> list[Assignment]:
    """Make modules, one of them empty, with assignments in them."""
    made = []
    for number, name in enumerate(names):
        module, _ = Module.objects.get_or_create(
            course=course,
            name=f"Module {number % 2}",
            defaults={"position": number % 2},
        )
        book = draw(st.sampled_from(["", f"Book {number}"]))
        made.append(
            Assignment.objects.create(
                course=course,
                module=module,
                name=name,
                folder=f"lab {number}",
                position=draw(st.integers(0, 9)),
                kind="book" if book else "project",
                book_name=book,
            )
        )
    Module.objects.create(course=course, name="Empty", position=5)
    return made


def fill(draw: st.DrawFn, lab: Assignment, student: User, folder: Path) -> None:
    """Give a student a project with files, progress, an answer and an event."""
    folder.mkdir(parents=True)
    for name, content in draw(FILES).items():
        (folder / os.fsdecode(name)).write_bytes(content)
    project = factories.make_project(lab, student, folder)
    if draw(st.booleans()):
        project.stack = factories.make_stack(
            lab.course.workspace,
            f"Stack {project.pk}",
            draw(st.sampled_from(["", "3"])),
        )
        project.save()
    progress = Progress.objects.create(
        assignment=lab,
        student=student,
        started_at=draw(st.none() | MOMENTS),
        completed_dates=[m.isoformat() for m in draw(st.lists(MOMENTS, max_size=2))],
        seconds_spent=draw(st.none() | st.integers(0, 2**31 - 1)),
        final_grade=draw(NUMBERS),
        behavioral_insights=draw(st.none() | st.integers(0, 5)),
        comments=draw(TEXTS),
    )
    question, _ = Assessment.objects.get_or_create(
        assignment=lab, name="Q", defaults={"max_points": draw(NUMBERS)}
    )
    Answer.objects.create(
        progress=progress,
        assessment=question,
        answer=draw(TEXTS),
        is_correct=draw(st.none() | st.booleans()),
        points=draw(NUMBERS),
        attempts=draw(st.none() | st.integers(0, 99)),
    )
    for _number in range(draw(st.integers(0, 2))):
        AccessEvent.objects.create(
            user=student,
            access_type=draw(st.sampled_from(["Project Open", "Project Close"])),
            occurred_at=NOW - timedelta(days=draw(st.integers(0, 3))),
            course=lab.course,
            assignment=lab,
            project_path=project.path,
            role="Student",
        )


@st.composite
def courses(draw: st.DrawFn, workspace: Workspace, home: Path) -> Course:
    """Make a course of up to two assignments and three students."""
    course = factories.make_course(draw(WORDS), workspace=workspace)
    course.description = draw(TEXTS)
    course.save()
    names = draw(st.lists(WORDS, max_size=2, unique=True))
    labs = draw(assignments(course, names))
    for number in range(draw(st.integers(0, 3))):
        student = factories.enrol(course, f"student{number}")
        Enrolment.objects.filter(user=student).update(
            enrolled_at=KEPT_SINCE,
            removed_at=draw(st.none() | st.just(NOW - timedelta(days=1))),
        )
        User.objects.filter(pk=student.pk).update(last_name=draw(WORDS))
        for lab in labs:
            if draw(st.booleans()):
                fill(draw, lab, student, home / lab.folder / student.username)
    return course


@pytest.mark.django_db
@settings(
    max_examples=ROUND_TRIPS,
    deadline=None,
    # A round trip takes a second; making a failure smaller would take minutes.
    phases=[Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_course_comes_back_with_the_same_tables_and_files(
    data: st.DataObject,
) -> None:
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        _go_round(data, Path(folder))
        transaction.set_rollback(True)


def _go_round(data: st.DataObject, home: Path) -> None:
    workspace = factories.make_workspace()
    course = data.draw(courses(workspace, home / "work"))
    first = export_course(course, home / "first.zip")
    with override_settings(BOOKBAG_WORKSPACES=home / "copies"):
        forget(course, people=data.draw(st.booleans()))
        ledger = restore(first, workspace, home / "copies" / "restored-1")
        restored = Course.objects.get(workspace=workspace)
        again = export_course(restored, home / "again.zip")

    assert [key for key in ledger.counts if key[1] == "refused"] == []
    assert read_modes(again) == read_modes(first)
    assert read_manifest(again, own_results=False) == read_manifest(
        first, own_results=False
    )


@pytest.mark.django_db
def test_the_hostile_workspace_comes_back_but_for_what_no_archive_holds(
    tmp_path: Path,
) -> None:
    work = build_hostile_workspace(tmp_path)
    course = factories.make_course()
    lab = factories.make_assignment(course, "Lab")
    factories.make_project(lab, factories.enrol(course, "ada"), work.root)
    first = export_course(course, tmp_path / "first.zip")
    forget(course, people=False)

    with override_settings(BOOKBAG_WORKSPACES=tmp_path / "copies"):
        restore(first, course.workspace, tmp_path / "copies" / "restored-1")
        again = export_course(Course.objects.get(), tmp_path / "again.zip")

    assert read_manifest(again) == read_manifest(first)
    restored = tmp_path / "copies" / "restored-1" / "lab" / "ada"
    for name, content in work.files.items():
        path = restored / os.fsdecode(name)
        assert path.read_bytes() == content
    for name in work.problems:
        if not work.problems[name].startswith("time"):
            assert not os.path.lexists(restored / os.fsdecode(name))
