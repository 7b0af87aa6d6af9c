"""Exports over the Codio-compatible API: tasks, their states, and bare downloads."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.access.clients import revoke_client
from bookbag.domain.access.models import ServiceClient
from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from tests import factories
from tests.functional.codio.conftest import PREFIX, Service

ROOT = "https://bookbag.example.edu"
CONTENT = b"everything in the course"
WORKER = "/assignments/{lab}/students"
MakeTask = Callable[..., Export]


@pytest.fixture
def lab(course: Course) -> Assignment:
    return factories.make_assignment(course, "Loops")


@pytest.fixture
def ada(lab: Assignment) -> User:
    ada = factories.enrol(lab.course, "ada")
    factories.make_project(lab, ada, Path("/nowhere"))
    return ada


@pytest.fixture
def task(course: Course, service: Service, folders: Path) -> MakeTask:
    """Makes an export of the service in some state."""

    def make(state: ExportState, **fields: object) -> Export:
        account = ServiceClient.objects.get(workspace=course.workspace).account
        published = folders / "exports" / "published"
        published.mkdir(parents=True, exist_ok=True)
        (published / "it.zip").write_bytes(CONTENT)
        if state == ExportState.READY:
            place = {"storage_key": "published/it.zip", "size_bytes": len(CONTENT)}
            fields = place | fields
        return factories.make_export(course, account, state=state, **fields)

    return make


def progress_of(export: Export) -> str:
    return f"/courses/{export.course_id}/export/workdata/progress/{export.pk}"


def bare(url: str, method: str = "get", **headers: str) -> Any:
    """Send a request as a bare download does, without a bearer."""
    client = Client(raise_request_exception=False)
    return getattr(client, method)(url.removeprefix(ROOT), headers=headers)


@pytest.mark.parametrize(
    ("method", "start", "identifier", "options"),
    [
        ("POST", "/export/workdata", "course-data", {"reading": "changed"}),
        ("GET", f"{WORKER}/{{ada}}/download", "project-tar", {}),
        ("GET", f"{WORKER}/ada@example.edu/download", "project-tar", {}),
        (
            "GET",
            "/export/assessments/csv?assignmentIds={lab},{lab}",
            "assessment-data",
            {"dialect": "csv-exact", "assignments": "{lab}"},
        ),
    ],
)
def test_a_task_is_followed_where_its_address_says(
    service: Service,
    lab: Assignment,
    ada: User,
    method: str,
    start: str,
    identifier: str,
    options: dict[str, str],
) -> None:
    names = {"lab": lab.pk, "ada": ada.pk}
    answer = service.ask(method, f"/courses/{lab.course_id}{start.format(**names)}")

    task = answer.json()
    export = Export.objects.get()
    assert (task["taskId"], export.identifier) == (str(export.pk), identifier)
    assert export.options == {k: v.format(**names) for k, v in options.items()}
    assert task["taskUri"].startswith(f"{ROOT}{PREFIX}/courses/{lab.course_id}/")
    status = service.get(task["taskUri"].removeprefix(ROOT))
    assert status == {"taskId": str(export.pk), "done": False}


def test_asking_again_joins_what_is_running(service: Service, course: Course) -> None:
    path = f"/courses/{course.pk}/export/workdata"

    tasks = [service.post(path) for _ in range(2)]

    assert tasks[0] == tasks[1]
    assert [shown["taskId"] for shown in service.get(path)] == [tasks[0]["taskId"]]


@pytest.mark.parametrize(
    ("state", "fields", "error"),
    [
        (ExportState.FAILED, {"failure_sentence": "No room."}, "No room."),
        (ExportState.CANCELLED, {}, "The export was cancelled."),
        (ExportState.EXPIRED, {}, "The export has expired: ask for a new one."),
    ],
)
def test_what_went_wrong_is_said_in_the_state(
    service: Service, task: MakeTask, state: ExportState, fields: Any, error: str
) -> None:
    export = task(state, **fields)

    shown = service.get(progress_of(export))

    assert shown == {"taskId": str(export.pk), "done": True, "error": error}


def test_a_task_is_found_only_where_it_belongs(
    service: Service, stranger: Service, task: MakeTask, course: Course
) -> None:
    export = task(ExportState.READY)
    other = factories.make_course("Other", workspace=course.workspace)
    end = f"progress/{export.pk}"

    for path in (
        f"/courses/{course.pk}/export/sources/{end}",
        f"/courses/{course.pk}/export/coach/{end}",
        f"/courses/{other.pk}/export/workdata/{end}",
        f"/courses/{course.pk}/export/workdata/progress/{uuid4()}",
        f"/courses/{course.pk}/export/workdata/progress/x",
    ):
        assert service.refused("GET", path)[0] == 404
    assert stranger.refused("GET", progress_of(export))[0] == 404


def test_a_ready_file_is_at_an_address_of_its_own(
    service: Service, task: MakeTask
) -> None:
    export = task(ExportState.READY)
    url = service.get(progress_of(export))["url"]

    answer = bare(url)

    assert url.startswith(f"{ROOT}/codio/files/")
    assert url.endswith("/CS101_course-data.zip")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, CONTENT)
    assert answer["Content-Length"] == str(len(CONTENT))
    assert export.events.get().kind == "downloaded"


def test_a_file_answers_head_and_ranges(service: Service, task: MakeTask) -> None:
    url = service.get(progress_of(task(ExportState.READY)))["url"]

    head, part = bare(url, "head"), bare(url, range="bytes=5-9")

    assert (head.status_code, head["Accept-Ranges"]) == (200, "bytes")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, CONTENT[5:10])
    refused = bare(url, "post")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


def test_an_address_is_good_for_a_short_time(
    service: Service, task: MakeTask, settings: Settings
) -> None:
    settings.BOOKBAG_PASS_SECONDS = 60
    url = service.get(progress_of(task(ExportState.READY)))["url"]

    for seconds, status in ((50, 200), (70, 404)):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            answer = bare(url)
            assert answer.status_code == status
            answer.close()


def test_an_address_that_was_changed_leads_nowhere(
    service: Service, task: MakeTask
) -> None:
    url = service.get(progress_of(task(ExportState.READY)))["url"]
    start, signed, name = url.rsplit("/", 2)

    for text in (signed[:-1], signed.replace(":", ";"), signed[1:], "x"):
        answer = bare(f"{start}/{text}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")


def test_an_address_ends_with_the_client_or_the_export(
    service: Service, task: MakeTask
) -> None:
    export = task(ExportState.READY)
    url = service.get(progress_of(export))["url"]

    Export.objects.update(expires_at=timezone.now())
    assert (bare(url).status_code, bare(url).json()["code"]) == (410, "link_expired")
    revoke_client(ServiceClient.objects.get(account=export.requested_by))
    assert bare(url).status_code == 404


def test_whoever_is_revoked_while_they_wait_gets_no_address(
    service: Service, lab: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish_and_revoke(_seconds: float) -> None:
        Export.objects.update(
            state=ExportState.READY,
            storage_key="published/it.csv",
            sha256="0",
            expires_at=timezone.now() + timedelta(days=1),
        )
        revoke_client(ServiceClient.objects.get())

    monkeypatch.setattr("bookbag.api.codio.exports.time.sleep", finish_and_revoke)

    path = f"/courses/{lab.course_id}/assignments/{lab.pk}/export/csv"
    status, message = service.refused("GET", path)

    assert (status, message[:13]) == (404, "Found no task")


def test_what_is_not_recorded_is_not_made_up(service: Service, course: Course) -> None:
    for path, message in (
        ("coach", "Found no coach logs: Bookbag keeps no such record"),
        ("llmproxy", "Found no LLM proxy logs: Bookbag keeps no such record"),
        ("sources", "Found nothing published in 'CS101', expected something"),
    ):
        answer = service.refused("POST", f"/courses/{course.pk}/export/{path}")
        assert answer == (412, message)
    assert not Export.objects.exists()


def test_a_student_without_a_project_has_none_to_export(
    service: Service, lab: Assignment
) -> None:
    factories.enrol(lab.course, "ben")

    path = f"/courses/{lab.course_id}/assignments/{lab.pk}/students/ben/download"

    message = "Found no project of 'ben' in 'Loops'"
    assert service.refused("GET", path) == (404, message)


def test_a_table_that_takes_too_long_can_be_asked_for_again(
    service: Service, lab: Assignment, settings: Settings
) -> None:
    settings.BOOKBAG_CODIO_WAIT_SECONDS = 0

    path = f"/courses/{lab.course_id}/assignments/{lab.pk}/export/csv"
    answers = [service.refused("GET", path) for _ in range(2)]

    assert [status for status, _ in answers] == [503, 503]
    assert "it is queued. Ask again later." in answers[0][1]
    assert Export.objects.count() == 1
