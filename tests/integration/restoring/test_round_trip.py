"""A course that went out comes back: the same tables, the same files."""

from pathlib import Path

import pytest

from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import Member
from tests import factories
from tests.integration.restoring.archives import (
    counts,
    export_course,
    forget,
    make_full_course,
    read_manifest,
    read_modes,
    read_results,
    restore,
)

pytestmark = pytest.mark.django_db
MADE = {
    "course": 1,
    "modules": 1,
    "assignments": 2,
    "assessments": 2,
    "people": 3,
    "members": 3,
    "enrolments": 3,
    "stacks": 1,
    "projects": 2,
    "progress": 2,
    "answers": 2,
    "access events": 7,
}


def test_a_course_that_is_gone_comes_back_as_it_was(
    tmp_path: Path, copies: Path
) -> None:
    course = make_full_course(tmp_path)
    first = export_course(course, tmp_path / "first.zip")
    forget(course, people=True)

    ledger = restore(first, course.workspace, copies / "restored-1")

    again = export_course(Course.objects.get(), tmp_path / "again.zip")
    assert counts(ledger) == {kind: {"create": n} for kind, n in MADE.items()}
    assert (ledger.file_count, Project.objects.count()) == (3, 2)
    assert read_modes(again) == read_modes(first)
    assert read_manifest(again, own_results=False) == read_manifest(
        first, own_results=False
    )
    # Results name people by a number that is this server's own.
    assert read_results(again) == read_results(first)


def test_when_its_people_are_here_every_table_is_the_same(
    tmp_path: Path, copies: Path
) -> None:
    course = make_full_course(tmp_path)
    first = export_course(course, tmp_path / "first.zip")
    forget(course, people=False)

    restore(first, course.workspace, copies / "restored-1")

    again = export_course(Course.objects.get(), tmp_path / "again.zip")
    assert read_manifest(again) == read_manifest(first)


def test_twice_changes_nothing(tmp_path: Path, copies: Path) -> None:
    course = make_full_course(tmp_path)
    first = export_course(course, tmp_path / "first.zip")
    other = factories.make_workspace()
    once = restore(first, other, copies / "restored-1")

    twice = restore(first, other, copies / "restored-2")

    assert counts(once)["projects"] == {"create": 2}
    assert counts(twice) == {
        kind: {"same": sum(outcomes.values())}
        for kind, outcomes in counts(once).items()
    }
    assert not (copies / "restored-2").exists()
    assert Member.objects.filter(workspace=other).count() == 3
