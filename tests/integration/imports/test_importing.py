"""From an upload to projects: what is found, chosen and made, and what is refused."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from bagkit.archive import write_bag
from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import User
from bookbag.imports.errors import (
    ImportChoiceError,
    ImportQuotaError,
    ImportTransitionError,
)
from bookbag.imports.projects.models import FoundProject, ProjectImport
from bookbag.imports.projects.retention import sweep_imports
from bookbag.imports.projects.services import (
    ChosenProject,
    cancel_import,
    choose_projects,
    delete_own_project,
)
from bookbag.jobs.working import take_over_stalled
from tests import factories
from tests.factories_files import write_work
from tests.integration.imports.conftest import JOBS, Upload, list_files, work_on
from tests.unit.archive.comparing import describe
from tests.unit.archive.malicious import REFUSED, zipped
from tests.unit.packing.bags import expect, make_plan, write

# The lease keeper writes from a thread of its own, so nothing may be in a test's
# transaction.
pytestmark = pytest.mark.django_db(transaction=True)

COURSE = b"""{"format": "bookbag-course/2", "workspace": "W", "name": "CS101",
"title": "", "description": "", "created_at": "2026-01-01T00:00:00+00:00",
"modules": [{"name": "M", "assignments": [
{"name": "Lab", "folder": "lab1", "kind": "project", "book_name": ""}]}],
"stacks": [{"name": "Python", "version": "3.11"}],
"projects": [{"assignment": "lab1", "username": "ada",
"stack": {"name": "Python", "version": "3.11"}}]}"""


def choose_all(job: ProjectImport, **facts: str) -> ProjectImport:
    found = FoundProject.objects.filter(of_import=job)
    choices = [ChosenProject(found=f, name=f.name, stack=f.stack) for f in found]
    choose_projects(job, choices, **facts)
    return work_on(job)


def test_a_folder_becomes_a_project(upload: Upload, ada: User, disk: Path) -> None:
    job = choose_all(
        upload(zipped(b"snake/main.py", b"snake/sub/.hidden")), description="A game"
    )

    project = Project.objects.get()
    assert (job.state, job.kind, job.failure_sentence) == ("done", "folder", "")
    assert (project.name, project.description) == ("snake", "A game")
    assert (project.owner, project.home) == (ada, ada.memberships.get().workspace)
    assert (project.visibility, project.path) == ("private", "/ada/snake")
    assert project.size_bytes == 14
    assert list_files(Path(project.files_folder)) == ["main.py", "sub/.hidden"]
    assert list_files(disk / "uploads") == []
    assert job.found.get().project == project


def test_workspaces_of_a_bag_are_chosen_by_one(upload: Upload, tmp_path: Path) -> None:
    roots = {name: write_work(tmp_path / name, f"of {name}") for name in ("ada", "ben")}
    (roots["ben"] / "CON").write_text("odd")
    write(tmp_path / "it.zip", expect(roots))
    job = upload((tmp_path / "it.zip").read_bytes())
    ben = FoundProject.objects.get(username="ben")
    assert ben.name == "lab1 (ben)"

    choose_projects(job, [ChosenProject(found=ben, name="Ben's work")])
    work_on(job)

    assert [f.username for f in job.found.all()] == ["ada", "ben"]
    assert ben.renamed == [["_CON", "CON"]]
    project = Project.objects.get()
    assert project.name == "Ben's work"
    assert describe(Path(project.files_folder)) == describe(roots["ben"])


def test_the_stack_is_proposed_when_the_catalogue_has_it(
    upload: Upload, ada: User, tmp_path: Path
) -> None:
    plan = make_plan(expect({"ada": write_work(tmp_path / "ada")}))
    write_bag(replace(plan, course=json.loads(COURSE)), tmp_path / "it.zip")
    bag = (tmp_path / "it.zip").read_bytes()

    without = upload(bag).found.get()
    stack = factories.make_stack(ada.memberships.get().workspace)
    with_it = upload(bag).found.get()

    assert (without.stack, without.stack_label) == (None, "Python 3.11")
    assert with_it.stack == stack


@pytest.mark.parametrize("name", REFUSED)
def test_a_malicious_archive_is_refused_by_the_job(
    upload: Upload, disk: Path, name: str
) -> None:
    build, sentence = REFUSED[name]

    job = upload(build())

    assert job.state == "failed"
    assert sentence in job.failure_sentence
    assert job.failure_code != "import_refused"
    assert list_files(disk) == []
    assert not Project.objects.exists()


def test_an_upload_that_changes_after_its_check_is_refused_whole(
    upload: Upload, disk: Path
) -> None:
    job = upload(zipped(b"a", b"b"))
    (disk / "uploads" / str(job.pk) / "upload").write_bytes(zipped(b"../evil"))

    choose_all(job)

    assert (job.state, job.failure_code) == ("failed", "unsafe_member")
    assert "'../evil'" in job.failure_sentence
    assert list_files(disk) == []


def test_an_import_that_lost_its_lease_makes_nothing(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, disk: Path
) -> None:
    job = upload(zipped(b"a"))

    def lose(*_args: object, **_options: object) -> None:
        ProjectImport.objects.update(attempt=9)

    # Between the unpacking and the rows.
    monkeypatch.setattr("bookbag.imports.projects.jobs.unpack_archive", lose)
    choose_all(job)

    assert (job.state, job.attempt) == ("importing", 9)
    assert not Project.objects.exists()


def test_what_a_killed_worker_left_is_gone_when_another_has_finished(
    upload: Upload, disk: Path, woken: list[str]
) -> None:
    job = upload(zipped(b"a"))
    choose_projects(job, [ChosenProject(found=job.found.get(), name="a")])
    claim = JOBS.claim(job.pk, "one")
    assert claim is not None
    left = disk / "workspaces" / "imported" / str(job.pk) / f".{claim.attempt}.x" / "0"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    long_ago = timezone.now() - timedelta(hours=1)
    ProjectImport.objects.update(lease_expires_at=long_ago, woken_at=long_ago)
    woken.clear()

    assert take_over_stalled(JOBS) == 1
    work_on(job)

    assert woken == [str(job.pk)]
    assert job.state == "done"
    (project,) = Project.objects.all()
    assert list_files(disk) == [f"{Path(project.files_folder).relative_to(disk)}/a"]


def test_the_attempts_of_the_check_do_not_count_for_the_import(
    upload: Upload, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_ATTEMPTS = 1

    assert choose_all(upload(zipped(b"a"))).state == "done"


def test_what_is_chosen_has_to_fit_into_the_quota(
    upload: Upload, settings: Settings
) -> None:
    content = zipped(b"a", content=bytes(100_000))
    job = upload(content)
    settings.BOOKBAG_MAX_OWN_BYTES = 50_000

    with pytest.raises(ImportQuotaError, match="100000 bytes to import, limit of you"):
        choose_all(job)

    job.refresh_from_db()
    assert job.state == "checked"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb"])
def test_a_project_has_a_name_of_one_line(upload: Upload, name: str) -> None:
    job = upload(zipped(b"a"))

    with pytest.raises(ImportChoiceError, match="expected a name of 1 to 200"):
        choose_projects(job, [ChosenProject(found=job.found.get(), name=name)])


def test_somebody_who_left_imports_nothing(upload: Upload, ada: User) -> None:
    job = upload(zipped(b"a"))
    choose_projects(job, [ChosenProject(found=job.found.get(), name="a")])
    ada.memberships.update(status="Deactivated")

    work_on(job)

    assert (job.state, job.failure_code) == ("failed", "import_refused")


def test_an_import_is_given_up_in_any_state(upload: Upload, disk: Path) -> None:
    job = upload(zipped(b"a"))

    cancel_import(job)

    assert job.state == "cancelled"
    assert list_files(disk) == []
    with pytest.raises(ImportTransitionError):
        cancel_import(job)


def test_what_nobody_goes_on_with_is_swept(upload: Upload, disk: Path) -> None:
    job = upload(zipped(b"a"))
    kept = upload(zipped(b"b"))
    ProjectImport.objects.filter(pk=job.pk).update(expires_at=timezone.now())

    assert sweep_imports() == 1
    assert sweep_imports() == 0
    assert list_files(disk) == [f"uploads/{kept.pk}/upload"]


def test_the_sweep_keeps_projects_and_removes_what_belongs_to_none(
    upload: Upload, disk: Path
) -> None:
    choose_all(upload(zipped(b"a")))
    (project,) = Project.objects.all()
    beside = Path(project.files_folder).parent.with_name("99")
    beside.mkdir()
    (beside / "left").write_text("left")

    sweep_imports()

    assert list_files(disk) == [f"{Path(project.files_folder).relative_to(disk)}/a"]


def test_an_own_project_is_deleted_with_its_files(upload: Upload, disk: Path) -> None:
    choose_all(upload(zipped(b"a")))
    project = Project.objects.get()
    Path(project.files_folder).chmod(0o500)

    delete_own_project(project)

    assert list_files(disk) == []
    assert not Project.objects.exists()


def test_work_of_a_course_is_not_deleted_so() -> None:
    course = factories.make_course()
    project = factories.make_project(
        factories.make_assignment(course), factories.enrol(course)
    )

    with pytest.raises(ImportChoiceError, match="Found work of an assignment"):
        delete_own_project(project)
