"""A course whose workspaces lie on a store is loaded, looked into and exported."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from pytest_django import Settings

from bagkit.archive import verify_archive
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import User
from bookbag.exports.doctor import find_inconsistencies
from bookbag.exports.errors import ProjectFileError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.project_files import open_for_download, read_file, read_folder
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from bookbag.imports.errors import LoadFaultsError
from bookbag.imports.loading import apply_load
from bookbag.imports.planning import plan_load
from bookbag.jobs.working import run_job
from tests import factories
from tests.factories_files import write_work
from tests.functional.sites import find_ports
from tests.integration.exports.conftest import storage, woken
from tests.integration.trees.uploading import upload_folder
from tests.stores import ACCESS_KEY, SECRET, StoreServer

__all__ = ["storage", "woken"]
pytestmark = pytest.mark.django_db(transaction=True)

ROSTER = "username,email,first_name,last_name,role\n" + "".join(
    f"{name},{name}@example.edu,{name.title()},Test,{role}\n"
    for name, role in [("ada", "Student"), ("bob", "Student"), ("tess", "Teacher")]
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A course's folder: its roster, and workspaces of two students."""
    folder = tmp_path / "CS101"
    folder.mkdir()
    (folder / "roster.csv").write_text(ROSTER)
    for name in ("ada", "bob"):
        work = write_work(folder / "workspaces" / "lab1" / name, f"of {name}")
        (work / "sub").mkdir()
        (work / "sub" / "deep.txt").write_text(name)
    return folder


@pytest.fixture
def bucket(store_server: StoreServer, home: Path, settings: Settings) -> str:
    """The workspaces on a store; the folder keeps the roster alone."""
    name = store_server.make_bucket()
    upload_folder(store_server, name, "kept/autumn", home / "workspaces")
    shutil.rmtree(home / "workspaces")
    settings.WORKSPACES_STORE = f"s3://{name}/kept?endpoint={store_server.endpoint_url}"
    settings.BOOKBAG_WORKSPACES_ACCESS_KEY = ACCESS_KEY
    settings.BOOKBAG_WORKSPACES_SECRET_KEY = SECRET
    return name


@pytest.fixture
def course(home: Path, bucket: str) -> Course:
    workspace = factories.make_workspace()
    plan = plan_load(home, stored_at="autumn")
    apply_load(plan, workspace=workspace)
    return Course.objects.get(name="CS101")


def ask(course: Course) -> Export:
    teacher = User.objects.get(username="tess")
    export = factories.make_export(course, teacher, identifier="course-data")
    run_job(ExportJobs(), export.pk)
    export.refresh_from_db()
    return export


def test_it_is_loaded_by_its_place_on_the_store(course: Course, bucket: str) -> None:
    folders = Project.objects.order_by("owner__username").values_list(
        "files_folder", flat=True
    )

    assert list(folders) == [
        f"s3://{bucket}/kept/autumn/lab1/{name}" for name in ("ada", "bob")
    ]


def test_the_plan_counts_what_lies_there(home: Path, bucket: str) -> None:
    (line,) = plan_load(home, stored_at="autumn").outline()

    assert (line.worked_count, line.not_started_count, line.file_count) == (2, 0, 8)


def test_an_export_holds_every_file(course: Course, storage: LocalStorage) -> None:
    export = ask(course)

    path = storage.root / export.storage_key
    assert (export.state, export.problem_count) == (ExportState.READY, 0)
    assert verify_archive(path).is_ok
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith("deep.txt")]
        receipt = json.loads(archive.read(names[0].partition("/")[0] + "/receipt.json"))
    assert len(names) == 2
    assert [cell["state"] for cell in receipt["cells"]] == ["present", "present"]


def test_pages_show_folders_and_files(course: Course) -> None:
    project = Project.objects.get(owner__username="ada")

    shown = read_folder(project, "")
    with read_file(project, "sub/deep.txt") as file:
        previewed = file.read()
    with open_for_download(project, "main.py") as file:
        file.seek(-3, 2)
        tail = file.read()

    assert (shown.entries[0].name, shown.entries[0].is_folder) == ("sub", True)
    assert (previewed, len(tail)) == (b"ada", 3)
    with pytest.raises(ProjectFileError):
        read_folder(project, "nothing")
    with pytest.raises(ProjectFileError):
        open_for_download(project, "sub/nothing")


def test_a_store_that_is_away_is_waited_for(
    course: Course, settings: Settings, store_server: StoreServer, bucket: str
) -> None:
    (port,) = find_ports(1)
    settings.WORKSPACES_STORE = f"s3://{bucket}/kept?endpoint=http://127.0.0.1:{port}"

    export = ask(course)

    assert (export.state, export.worker) == (ExportState.RUNNING, "")
    assert "The store does not give 'kept/autumn/lab1/" in export.failure_sentence


def test_the_doctor_finds_files_that_are_gone(
    course: Course, store_server: StoreServer, bucket: str
) -> None:
    assert list(find_inconsistencies()) == []
    for key in store_server.list_keys(bucket):
        if "/bob/" in key:
            store_server.client.delete_object(Bucket=bucket, Key=key)

    (found,) = find_inconsistencies()

    assert found.code == "workspace_is_gone"
    assert "lab1/bob" in found.message


@pytest.mark.parametrize("place", ["autumn", "elsewhere"])
def test_what_cannot_be_listed_is_a_fault(
    home: Path, bucket: str, settings: Settings, place: str
) -> None:
    if place == "autumn":
        settings.WORKSPACES_STORE = ""

    with pytest.raises(LoadFaultsError):
        plan_load(home, stored_at=place)
