"""A script written for Codio's API, run here over https after changing the hosts."""

import csv
import json
import socket
import ssl
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bagkit.archive import unpack_archive, verify_archive
from tests.fakes.codio_client import ClientError, CodioClient, StatusError
from tests.fakes.tls_front import tls_front
from tests.functional.sites import WORKSPACE, Site

OAUTH, OCTOPUS = "oauth.bookbag.test", "octopus.bookbag.test"
USED_UP = "UPDATE access_usagewindow SET count = {} WHERE limit_name = '{}'"
MAKE_CLIENT = f"""
import django; django.setup()
from bookbag.domain.access.clients import make_client
from bookbag.domain.access.scopes import TokenScope
from bookbag.domain.people.models import User, Workspace
workspace = Workspace.objects.get(name={WORKSPACE!r})
client, secret = make_client(workspace, name="Script", scopes=TokenScope.values,
                             created_by=User.objects.first())
print(client.client_id, secret)
"""


@dataclass(frozen=True)
class Front:
    """A site behind TLS, and a client of its workspace."""

    port: int
    trust: ssl.SSLContext
    credentials: list[str]
    site: Site

    def connect(self, oauth: str, api: str) -> CodioClient:
        """Return a client that was given a token and knows nothing else."""
        client = CodioClient(oauth=oauth, api=api, trust=self.trust)
        client.auth(*self.credentials)
        return client


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A site behind TLS that answers to two more host names."""
    folder = tmp_path_factory.mktemp("codio")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield from serve_behind_tls(listener, folder)


def serve_behind_tls(listener: socket.socket, folder: Path) -> Iterator[Front]:
    port = listener.getsockname()[1]
    settings = {
        "BOOKBAG_BASE_URL": f"https://127.0.0.1:{port}",
        "BOOKBAG_CODIO_OAUTH_HOST": f"{OAUTH}:{port}",
        "BOOKBAG_CODIO_API_HOST": f"{OCTOPUS}:{port}",
    }
    with Site(folder, **settings) as site:
        site.load_course(students=3)
        site.serve("--web-workers=2")  # their limits have to agree
        credentials = site.run_python(MAKE_CLIENT).split()
        with tls_front(listener, site.port, folder, [OAUTH, OCTOPUS]) as trust:
            yield Front(port, trust, credentials, site)


@pytest.fixture(scope="module")
def client(front: Front) -> CodioClient:
    """A client that knows two host names."""
    return front.connect(
        oauth=f"https://{OAUTH}:{front.port}", api=f"https://{OCTOPUS}:{front.port}"
    )


@pytest.fixture(scope="module")
def course(client: CodioClient) -> dict[str, Any]:
    """The sample course."""
    (course,) = client.list_courses()["courses"]
    return client.course_info(course["id"])


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_token_comes_by_get_and_by_post(client: CodioClient, front: Front) -> None:
    client_id, secret = front.credentials
    for method in ("GET", "POST"):
        given = client.auth(client_id, secret, method=method)

        assert sorted(given) == ["access_token", "expires_in", "token_type"]
        assert client.list_courses()["courses"]
    with pytest.raises(StatusError, match="401"):
        client.auth(client_id, "wrong")
    client.auth(*front.credentials)


def test_the_course_and_its_people_are_there(
    client: CodioClient, course: dict[str, Any]
) -> None:
    found = client.find_by_name(course["name"], with_hidden=False)
    students, teachers = (
        get(course["id"]) for get in (client.get_students, client.get_teachers)
    )

    assert found == course
    assert len(course["assignments"]) == 3
    assert (len(students), len(teachers) > 0) == (3, True)
    lab = course["assignments"][0]["id"]
    rows = client.assignment_progress(course["id"], lab)
    assert {row["student_id"] for row in rows} == {s["id"] for s in students}
    for name in (students[0]["id"], students[0]["email"], students[0]["login"]):
        progress = client.student_progress(course["id"], name)
        assert [row["assignment_id"] for row in progress] == [
            assignment["id"] for assignment in course["assignments"]
        ]


def test_a_course_lives_from_its_making_to_its_end(
    client: CodioClient, course: dict[str, Any], tmp_path: Path
) -> None:
    made = client.create_course({"name": "Made by a script", "tags": ["2026"]})
    module = client.create_module(made, "Week 1")
    data = {"moduleId": module, "settings": {"name": "Loops"}}
    lab = client.create_assignment(made, data)
    client.update_settings(made, lab, {"dueTime": "2026-12-01T12:00:00.000Z"})
    client.add_teacher(made, client.get_teachers(course["id"])[0]["id"])

    info = client.course_info(made)

    assert [assignment["id"] for assignment in info["assignments"]] == [lab]
    assert client.get_settings(made, lab)["dueTime"] == "2026-12-01T12:00:00Z"
    assert len(client.get_teachers(made)) == 1
    publish_and_take_back(client, made, lab, tmp_path)
    assert client.archive(made) == client.archive(made)
    archived = client.list_courses(archived=True)["courses"]
    assert [each["id"] for each in archived] == [made]
    assert client.delete_course(made, remove_students=True) == {}
    with pytest.raises(ClientError, match='"code": "not_found"'):
        client.course_info(made)


def publish_and_take_back(
    client: CodioClient, course: str, lab: str, folder: Path
) -> None:
    (folder / "source").mkdir()
    (folder / "source" / "readme.md").write_text("begin here\n")
    with tarfile.open(folder / "project.tar.gz", "w:gz") as archive:
        archive.add(folder / "source", "./")
    client.publish_archive(course, lab, folder / "project.tar.gz", "first")

    client.download_export(course, "sources", folder / "sources.zip")

    with zipfile.ZipFile(folder / "sources.zip") as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".tar.zst")]
        archive.extract(name, folder)
    unpack_archive(folder / name, folder / "again")
    assert (folder / "again" / "readme.md").read_text() == "begin here\n"
    (listed,) = client.get_exports(course, "sources")
    assert listed["done"]


def test_time_and_mentors_are_set(client: CodioClient, course: dict[str, Any]) -> None:
    lab = course["assignments"][0]["id"]
    student = client.get_students(course["id"])[0]
    mentor = client.get_teachers(course["id"])[0]

    extended = client.extend_time(
        course["id"], lab, student["id"], {"extendedDeadline": 90}
    )
    pairs = [{"mentorId": mentor["id"], "learnerIds": [student["id"]]}]

    assert (extended, client.filter_learners(course["id"], pairs)) == ({}, True)
    rows = client.assignment_progress(course["id"], lab)
    (row,) = [row for row in rows if row["student_id"] == student["id"]]
    assert row["extendedDeadline"] == 90


def test_the_work_of_a_course_is_followed_by_its_progress(
    client: CodioClient, course: dict[str, Any], tmp_path: Path
) -> None:
    answer = client.download_export(course["id"], "workdata", tmp_path / "work.zip")

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/zip"
    assert verify_archive(tmp_path / "work.zip").is_ok
    (listed,) = client.get_exports(course["id"], "workdata")
    assert listed["url"].startswith(f"https://{OCTOPUS}:")


def test_a_student_s_project_is_followed_by_its_address(
    client: CodioClient, course: dict[str, Any], tmp_path: Path
) -> None:
    lab = course["assignments"][0]["id"]
    student = next(
        row["student_email"]
        for row in client.assignment_progress(course["id"], lab)
        if row["status"] != "NOT_STARTED"
    )

    archive = tmp_path / "project.tar.zst"
    client.download_student_assignment(course["id"], lab, student, archive)

    unpack_archive(archive, tmp_path / "out")
    assert any((tmp_path / "out").iterdir())


def test_tables_come_at_an_address_or_by_a_task(
    client: CodioClient, course: dict[str, Any], tmp_path: Path
) -> None:
    labs = [assignment["id"] for assignment in course["assignments"]]
    student = client.get_students(course["id"])[0]

    client.download_student_csv(course["id"], student["id"], tmp_path / "s.csv")
    client.download_assignment_csv(course["id"], labs[0], tmp_path / "a.csv")
    client.download_assessments(course["id"], labs[0], tmp_path / "one.csv")
    client.download_assessments(course["id"], ",".join(labs), tmp_path / "all.zip")

    assert {row["Username"] for row in read_rows(tmp_path / "s.csv")} == {
        student["login"]
    }
    assert [len(read_rows(tmp_path / f"{n}.csv")) for n in ("s", "a", "one")] == [3] * 3
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len([n for n in archive.namelist() if n.endswith(".csv")]) == len(labs)


def test_what_is_not_recorded_is_an_error_that_can_be_read(
    client: CodioClient, course: dict[str, Any]
) -> None:
    for export in (client.export_coach, client.export_llm_proxy):
        with pytest.raises(ClientError) as refused:
            export(course["id"])

        assert json.loads(str(refused.value))["code"] == "nothing_to_export"
    for path in ("events?limit=50", "stacks/1", "assessment_library", "nothing"):
        with pytest.raises(ClientError, match='"code": "not_found"'):
            client.call("GET", path)


def test_a_bare_download_needs_https_and_its_pass(
    client: CodioClient, course: dict[str, Any], tmp_path: Path
) -> None:
    student = client.get_students(course["id"])[0]["id"]
    url = client.call("GET", f"courses/{course['id']}/students/{student}/export/csv")

    whole = client.send("GET", url, {})
    part = client.send("GET", url, {"range": "bytes=0-9"})
    head = client.send("HEAD", url, {})

    assert (whole.status, part.status, head.status) == (200, 206, 200)
    assert (part.body, head.body) == (whole.body[:10], b"")
    start, signed, name = url.rsplit("/", 2)
    refused = client.download(f"{start}/{signed[:-2]}/{name}", tmp_path / "x")
    assert (refused.status, json.loads(refused.body)["code"]) == (404, "link_not_found")
    with pytest.raises(TypeError, match="Expected 'https:'"):
        client.download(url.replace("https:", "http:"), tmp_path / "y")


def test_too_many_calls_are_answered_after_the_nanoseconds_that_were_said(
    client: CodioClient, front: Front
) -> None:
    client.waits.clear()

    while not client.waits:  # again when the stretch of 10 s ended in between
        client.list_courses()
        front.site.query(USED_UP.format(50, "codio-burst"))
        client.list_courses()

    assert len(client.waits) == 1
    assert 0 < client.waits[0] <= 10


def test_when_the_day_is_used_up_the_client_gives_up_at_once(
    client: CodioClient, front: Front
) -> None:
    client.waits.clear()
    front.site.query(USED_UP.format(10_000, "codio-daily"))

    with pytest.raises(ClientError, match='"code": "rate_exceeded"'):
        client.list_courses()

    assert client.waits == []
    front.site.query(USED_UP.format(0, "codio-daily"))


def test_the_same_is_under_the_prefix_of_the_pages(
    front: Front, tmp_path: Path
) -> None:
    root = f"https://127.0.0.1:{front.port}/codio"
    client = front.connect(oauth=root, api=root)
    course = client.list_courses()["courses"][0]["id"]

    student = client.get_students(course)[0]["id"]
    url = client.call("GET", f"courses/{course}/students/{student}/export/csv")

    assert url.startswith(f"{root}/files/")
    assert client.download(url, tmp_path / "it.csv").status == 200
