"""What an archive must be before anything in it counts."""

import zipfile
from pathlib import Path

import pytest

from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import User, Workspace
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.imports.errors import ArchiveRefusedError, RestoreRefusedError
from bookbag.imports.restoring.working import check_restore
from tests import factories
from tests.integration.restoring.archives import (
    counts,
    describe,
    export,
    export_course,
    forge,
    forget,
    make_full_course,
    make_task,
    read_manifest,
    restore,
)
from tests.unit.archive.malicious import REFUSED

pytestmark = pytest.mark.django_db


def leftovers(copies: Path) -> list[str]:
    return sorted(p.name for p in copies.iterdir()) if copies.exists() else []


@pytest.mark.parametrize("name", REFUSED)
def test_a_malicious_archive_is_refused_and_leaves_nothing(
    tmp_path: Path, copies: Path, workspace: Workspace, name: str
) -> None:
    archive = tmp_path / "it.zip"
    archive.write_bytes(REFUSED[name][0]())

    with pytest.raises(ArchiveRefusedError):
        check_restore(make_task(archive, workspace))
    with pytest.raises(ArchiveRefusedError):
        restore(archive, workspace, copies / "restored-1")

    assert leftovers(copies) == []
    assert not Course.objects.exists()
    assert not User.objects.exists()


def test_one_changed_byte_is_found_before_anything_is_looked_at(
    tmp_path: Path, workspace: Workspace
) -> None:
    archive = export_course(make_full_course(tmp_path), tmp_path / "it.zip")
    content = bytearray(archive.read_bytes())
    content[len(content) // 3] ^= 1
    archive.write_bytes(content)

    with pytest.raises(ArchiveRefusedError):
        check_restore(make_task(archive, workspace))


def test_it_says_who_signed(tmp_path: Path, workspace: Workspace) -> None:
    ours = export_course(make_full_course(tmp_path), tmp_path / "ours.zip")
    theirs = forge(tmp_path / "theirs.zip", {})

    signers = [
        check_restore(make_task(path, workspace)).facts.signer
        for path in (ours, theirs)
    ]

    assert signers == ["this-server", "other-server"]


def test_an_archive_of_something_else_is_refused_in_words(
    tmp_path: Path, workspace: Workspace
) -> None:
    archive = forge(tmp_path / "it.zip", described={"username": "ada", "name": "x"})

    with pytest.raises(ArchiveRefusedError) as caught:
        check_restore(make_task(archive, workspace))

    assert str(caught.value) == (
        "Found no course that can be restored in data/course.json: Found key "
        "'username', expected format, workspace, name, title, description, "
        "created_at, modules, stacks, projects, at the file; Found no format, "
        "expected bookbag-course/2, at format"
    )


def test_nothing_is_restored_into_an_archived_course(
    tmp_path: Path, copies: Path, workspace: Workspace
) -> None:
    course = factories.make_course("CS101", workspace=workspace)
    course.archived_at = course.created_at
    course.save()
    archive = forge(tmp_path / "it.zip", described=describe("CS101"))

    with pytest.raises(RestoreRefusedError, match="Found the course 'CS101' archived"):
        restore(archive, workspace, copies / "restored-1")
    restore(archive, workspace, copies / "restored-1", "CS101 again")

    assert Course.objects.get(name="CS101 again").workspace == workspace


def test_parts_come_back_one_by_one(tmp_path: Path, copies: Path) -> None:
    """An archive of each assignment is a part; together they are the course."""
    course = make_full_course(tmp_path)
    second = factories.make_assignment(course, "Lab Two")
    ada = User.objects.get(username="ada")
    work = tmp_path / "work" / "ada"
    factories.make_project(second, ada, work)
    labs = list(course.assignments.order_by("pk"))
    whole = export_course(course, tmp_path / "whole.zip")
    parts = [
        export(
            ExportScope.of_assignment(lab),
            tmp_path / f"{lab.folder}.zip",
            "assignment-data",
        )
        for lab in labs
    ]
    forget(course, people=False)

    for number, part in enumerate([*reversed(parts), whole]):
        restore(part, course.workspace, copies / f"restored-{number}")

    again = export_course(Course.objects.get(), tmp_path / "again.zip")
    assert read_manifest(again) == read_manifest(whole)


def test_files_that_are_gone_here_come_back_and_nothing_else_changes(
    tmp_path: Path, copies: Path
) -> None:
    course = make_full_course(tmp_path)
    first = export_course(course, tmp_path / "first.zip")
    Project.objects.filter(owner__username="ada").update(
        files_folder=str(copies / "gone")
    )
    copies.mkdir()

    ledger = restore(first, course.workspace, copies / "restored-1")

    again = export_course(course, tmp_path / "again.zip")
    assert counts(ledger)["projects"] == {"create": 1, "same": 1}
    assert read_manifest(again) == read_manifest(first)


def test_files_that_differ_here_stay_as_they_are(tmp_path: Path, copies: Path) -> None:
    course = make_full_course(tmp_path)
    first = export_course(course, tmp_path / "first.zip")
    (tmp_path / "work" / "ada" / "new.txt").write_text("new")

    ledger = restore(first, course.workspace, copies / "restored-1")

    assert counts(ledger)["projects"] == {"differs": 1, "same": 1}
    [line] = ledger.lines["projects", "differs"]
    with zipfile.ZipFile(first) as opened:
        size = sum(m.file_size for m in opened.infolist() if "/ada/" in m.filename)
    assert line.reason == (
        f"4 files, {size + 3:,} bytes here; 3 files, {size:,} bytes in the archive"
    )
    assert leftovers(copies) == []
