"""Uploads by the protocol and by the form: what is taken, and what is told before."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.domain.courses.models import Project
from bookbag.domain.people.models import MemberRole, User, Workspace
from bookbag.imports.projects.jobs import ImportJobs
from bookbag.imports.projects.models import ProjectImport
from bookbag.jobs.working import run_job
from tests import factories
from tests.unit.archive.malicious import REFUSED, zipped

# The lease keeper of a job writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"
TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = zipped(b"snake/main.py", b"snake/.hidden")
OFFSET = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def disk(settings: Settings, tmp_path: Path) -> Path:
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    settings.BOOKBAG_UPLOADS = tmp_path / "disk" / "uploads"
    settings.BOOKBAG_WORKSPACES = tmp_path / "disk" / "workspaces"
    settings.BOOKBAG_FREE_BYTES_FLOOR = 0
    return tmp_path / "disk"


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def ada(client: Client, workspace: Workspace) -> User:
    person = factories.make_member(workspace, "ada")
    client.force_login(person, BACKEND)
    return person


def create(client: Client, workspace: Workspace, length: int | str = len(CONTENT)):  # type: ignore[no-untyped-def]  # Django's own type of a test's answer
    facts = {"filename": "snake.zip", "workspace": workspace.slug}
    metadata = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in facts.items()
    )
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata}
    return client.post("/imports/uploads/", headers=headers)


def append(client: Client, url: str, offset: int, body: bytes, **headers: str):  # type: ignore[no-untyped-def]  # as above
    return client.patch(
        url,
        body,
        content_type=OFFSET,
        headers={**TUS, "Upload-Offset": str(offset), **headers},
    )


def count_files(disk: Path) -> int:
    return sum(path.is_file() for path in disk.rglob("*"))


def work() -> ProjectImport:
    job = ProjectImport.objects.get()
    run_job(ImportJobs(), job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("ada")
def test_an_upload_in_pieces_becomes_a_project(
    client: Client, workspace: Workspace
) -> None:
    created = create(client, workspace)
    url = created["Location"]
    first = append(client, url, 0, CONTENT[:100])
    stands = client.head(url, headers=TUS)
    last = append(client, url, 100, CONTENT[100:])
    work()
    page = client.get(created.json()["page"]).content.decode()
    found = ProjectImport.objects.get().found.get()
    choice = {"chosen": found.pk, f"name-{found.pk}": "My snake", "stack": ""}
    client.post(f"{created.json()['page']}choose", choice)
    job = work()

    assert (created.status_code, first.status_code, last.status_code) == (201, 204, 204)
    assert stands["Upload-Offset"] == first["Upload-Offset"] == "100"
    assert stands["Upload-Length"] == str(len(CONTENT))
    assert "Nothing is wrong with it" in page
    assert (job.state, Project.objects.get().name) == ("done", "My snake")


@pytest.mark.usefixtures("ada")
def test_the_server_says_what_it_speaks(client: Client) -> None:
    answer = client.options("/imports/uploads/")

    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,expiration,termination,checksum"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("offset", "status"), [("50", 409), ("", 400), ("-1", 400), ("x", 400)]
)
def test_bytes_that_begin_elsewhere_are_refused(
    client: Client, workspace: Workspace, offset: str, status: int
) -> None:
    url = create(client, workspace)["Location"]
    headers = {**TUS, "Upload-Offset": offset}

    answer = client.patch(url, b"x", content_type=OFFSET, headers=headers)

    assert answer.status_code == status
    assert client.head(url, headers=TUS)["Upload-Offset"] == "0"


@pytest.mark.usefixtures("ada")
def test_more_than_was_announced_is_refused_and_not_kept(
    client: Client, workspace: Workspace
) -> None:
    url = create(client, workspace)["Location"]

    answer = append(client, url, 0, CONTENT + b"more")

    assert answer.status_code == 413
    assert client.head(url, headers=TUS)["Upload-Offset"] == "0"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("name", "digest", "status"),
    [
        ("sha1", hashlib.sha1(CONTENT).digest(), 204),  # noqa: S324 - the protocol's
        ("sha256", hashlib.sha256(CONTENT).digest(), 204),
        ("sha256", bytes(32), 460),
        ("md5", bytes(16), 400),
    ],
)
def test_a_checksum_is_compared(
    client: Client, workspace: Workspace, name: str, digest: bytes, status: int
) -> None:
    url = create(client, workspace)["Location"]
    header = f"{name} {base64.b64encode(digest).decode()}"

    answer = append(client, url, 0, CONTENT, **{"Upload-Checksum": header})

    assert answer.status_code == status
    kept = len(CONTENT) if status == 204 else 0
    assert client.head(url, headers=TUS)["Upload-Offset"] == str(kept)


@pytest.mark.usefixtures("ada")
def test_what_arrived_before_a_connection_broke_is_kept(
    client: Client, workspace: Workspace
) -> None:
    class Breaking(io.BytesIO):
        def read(self, *_size: int | None) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(10)

    url = create(client, workspace)["Location"]
    broken: dict[str, Any] = {
        "wsgi.input": Breaking(CONTENT),
        "CONTENT_LENGTH": str(len(CONTENT)),
    }

    headers = {**TUS, "Upload-Offset": "0"}
    answer = client.generic(
        "PATCH", url, "x", content_type=OFFSET, headers=headers, **broken
    )

    assert answer.status_code == 400
    assert client.head(url, headers=TUS)["Upload-Offset"] == "10"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    ("setting", "limit", "sentence"),
    [
        ("BOOKBAG_UPLOAD_MAX_BYTES", 100, "limit of a file is 100"),
        ("BOOKBAG_MAX_OWN_BYTES", 99, "limit of you is 99 and 0 are used"),
        ("BOOKBAG_MAX_OWN_BYTES_PER_WORKSPACE", 98, "limit of the workspace"),
        ("BOOKBAG_FREE_BYTES_FLOOR", 1 << 60, "for which the disk has room"),
    ],
)
def test_what_has_no_room_is_refused_before_the_first_byte(
    client: Client,
    workspace: Workspace,
    settings: Settings,
    disk: Path,
    setting: str,
    limit: int,
    sentence: str,
) -> None:
    setattr(settings, setting, limit)

    refused = create(client, workspace)
    page = client.get("/projects/new/").content.decode()
    file = io.BytesIO(CONTENT + bytes(70_000))
    file.name = "snake.zip"
    by_form = client.post("/projects/new/", {"file": file, "workspace": workspace.slug})

    assert refused.status_code == by_form.status_code == 413
    assert sentence in refused.content.decode()
    assert f'data-allowed-bytes="{refused["Tus-Max-Size"]}"' in page
    assert count_files(disk) == 0
    assert not ProjectImport.objects.exists()


def test_what_is_used_counts_and_is_shown(
    client: Client, ada: User, workspace: Workspace, settings: Settings, disk: Path
) -> None:
    settings.BOOKBAG_MAX_OWN_BYTES = 1000
    factories.make_own_project(workspace, ada, disk, size_bytes=300)
    create(client, workspace, 200)

    page = client.get("/projects/new/").content.decode()

    assert 'data-allowed-bytes="500"' in page
    assert create(client, workspace, 501).status_code == 413


@pytest.mark.usefixtures("ada")
def test_an_upload_is_given_up(
    client: Client, workspace: Workspace, disk: Path
) -> None:
    url = create(client, workspace)["Location"]
    append(client, url, 0, CONTENT[:50])

    assert client.delete(url, headers=TUS).status_code == 204
    assert append(client, url, 50, CONTENT[50:]).status_code == 410
    assert client.delete(url, headers=TUS).status_code == 410
    assert count_files(disk) == 0


@pytest.mark.usefixtures("ada")
def test_another_version_of_the_protocol_is_refused(client: Client) -> None:
    answer = client.post("/imports/uploads/", headers={"Tus-Resumable": "0.2.2"})

    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("length", ["", "x", "-5", "9" * 30])
def test_an_upload_has_a_length(
    client: Client, workspace: Workspace, length: str
) -> None:
    assert create(client, workspace, length).status_code == 400


@pytest.mark.usefixtures("ada")
def test_nobody_uploads_into_another_workspace(client: Client) -> None:
    assert create(client, factories.make_workspace()).status_code == 404


def test_an_upload_is_nobody_elses(
    client: Client, ada: User, workspace: Workspace
) -> None:
    created = create(client, workspace)
    boss = factories.make_member(workspace, role=MemberRole.OWNER)
    client.force_login(boss, BACKEND)

    for answer in (
        client.head(created["Location"], headers=TUS),
        append(client, created["Location"], 0, CONTENT),
        client.delete(created["Location"], headers=TUS),
        client.get(created.json()["page"]),
    ):
        assert answer.status_code == 404
    assert ProjectImport.objects.get().owner == ada


@pytest.mark.parametrize("role", [MemberRole.OWNER, MemberRole.STAFF, "student"])
def test_every_malicious_archive_is_refused_through_the_form(
    client: Client, disk: Path, role: str
) -> None:
    course = factories.make_course()
    person = (
        factories.enrol(course)
        if role == "student"
        else factories.make_member(course.workspace, role=role)
    )
    client.force_login(person, BACKEND)

    shown = {
        name: send_by_form(client, course.workspace, build())
        for name, (build, _sentence) in REFUSED.items()
        if name != "nothing"  # an empty file is no file to a form
    }

    for name, text in shown.items():
        assert "This archive was refused." in text, name
        assert REFUSED[name][1] in text, name
    assert "&#x27;../evil&#x27;" in shown["a path to the parent"]
    assert count_files(disk) == 0
    assert not Project.objects.exists()


def send_by_form(client: Client, workspace: Workspace, content: bytes) -> str:
    """Upload a file as a browser without scripts does, and return what is shown."""
    file = io.BytesIO(content)
    file.name = "work.zip"
    sent = client.post("/projects/new/", {"file": file, "workspace": workspace.slug})
    run_job(ImportJobs(), ProjectImport.objects.latest("requested_at").pk)
    return client.get(sent["Location"]).content.decode()


@pytest.mark.usefixtures("ada")
def test_a_choice_that_cannot_be_imported_is_explained(
    client: Client, workspace: Workspace
) -> None:
    created = create(client, workspace)
    append(client, created["Location"], 0, CONTENT)
    job = work()
    found = job.found.get()
    url = f"{created.json()['page']}choose"

    nothing = client.post(url, {})
    nameless = client.post(url, {"chosen": found.pk, f"name-{found.pk}": " "})
    public = client.post(url, {"chosen": found.pk, "visibility": "public"})

    assert {a.status_code for a in (nothing, nameless, public)} == {400}
    assert "no project that was chosen" in nothing.content.decode()
    assert "expected a name of 1 to 200" in nameless.content.decode()
    assert "expected private or workspace" in public.content.decode()
    job.refresh_from_db()
    assert job.state == "checked"


def test_an_own_project_is_deleted_by_its_owner_alone(
    client: Client, ada: User, workspace: Workspace, disk: Path
) -> None:
    project = factories.make_own_project(workspace, ada, disk, visibility="workspace")
    other = factories.make_member(workspace)
    stranger = Client()
    stranger.force_login(other, BACKEND)

    assert stranger.post(f"/projects/{project.pk}/delete").status_code == 403
    assert client.post(f"/projects/{project.pk}/delete").status_code == 302
    assert not Project.objects.exists()
