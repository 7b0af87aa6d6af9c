"""Settings, more time and publishing over the Codio-compatible API."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.teaching.models import PublishedSource, TimeExtension
from tests import factories
from tests.functional.codio.conftest import PREFIX, Service

NAMES = {
    "startTime": "2026-09-01T00:00:00Z",
    "dueTime": "2026-10-01T00:00:00Z",
    "endTime": "2026-11-01T00:00:00Z",
}


@pytest.fixture
def lab(course: Course) -> Assignment:
    return factories.make_assignment(course, "Loops")


@pytest.fixture
def path(lab: Assignment) -> str:
    return f"/courses/{lab.course_id}/assignments/{lab.pk}"


def test_settings_that_nobody_made_are_null(service: Service, path: str) -> None:
    shown = service.get(f"{path}/settings")

    assert {name for name, value in shown.items() if value is not None} == {"name"}


@pytest.mark.parametrize(
    "names",
    [("startTime", "dueTime", "endTime"), ("start", "due", "end")],
    ids=["as the client has them", "as the specification has them"],
)
def test_settings_that_were_sent_come_back(
    service: Service, path: str, names: tuple[str, ...]
) -> None:
    body: dict[str, Any] = {
        "isDisabled": True,
        "visibilityOnDisabled": "NO_ACCESS",
        "action": "DISABLE_AND_COMPLETE",
        "penaltiesV2": {"enable": True, "deductionPercent": 10},
        "examMode": {"timedExamMode": {"enabled": True, "duration": 60}},
        **dict(zip(names, NAMES.values(), strict=True)),
    }

    answer = service.post(f"{path}/settings", body)

    assert answer == service.get(f"{path}/settings")
    assert {name: answer[name] for name in NAMES} == NAMES
    assert answer["penaltiesV2"] == {
        "enabled": True,
        "enable": True,
        "deductionPercent": 10,
    }
    assert answer["examMode"] == {"timedMode": {"enabled": True, "duration": 60}}
    assert (answer["isDisabled"], answer["releaseGrades"]) == (True, None)


def test_what_is_not_sent_stays_and_an_empty_time_is_none(
    service: Service, path: str
) -> None:
    service.post(f"{path}/settings", {**NAMES, "examMode": {"singleLogin": True}})

    body = {"dueTime": "", "examMode": {"authentication": True}}
    shown = service.post(f"{path}/settings", body)

    assert (shown["dueTime"], shown["endTime"]) == (None, NAMES["endTime"])
    assert shown["examMode"] == {"singleLogin": True, "authentication": True}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"isDisabled": "yes"}, "body.isDisabled"),
        ({"visibilityOnCompleted": "HIDDEN"}, "body.visibilityOnCompleted"),
        ({"examMode": {"timedMode": {"duration": -1}}}, "body.examMode.timedMode"),
        ({"colour": 1}, "body.colour"),
    ],
)
def test_settings_that_are_none_are_named(
    service: Service, path: str, body: object, field: str
) -> None:
    answer = service.ask("POST", f"{path}/settings", body)

    assert answer.status_code == 412
    assert answer.json()["errors"][0]["field"].startswith(field)


def test_a_student_gets_more_time(service: Service, lab: Assignment, path: str) -> None:
    ada = factories.enrol(lab.course, "ada")

    for body in ({"extendedDeadline": 60}, {"extendedTimeLimit": 5}):
        assert service.post(f"{path}/students/{ada.pk}", body) == {}

    row = TimeExtension.objects.get(assignment=lab, student=ada)
    assert (row.deadline_minutes, row.limit_minutes) == (60, 5)
    half = {"extendedDeadline": 1.5}
    assert service.refused("POST", f"{path}/students/ada", half)[0] == 412


def pack(**files: str) -> bytes:
    """Return a tar.gz of files below ``./``, as the client makes them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def send(service: Service, path: str, **form: Any) -> Any:
    headers = {"Authorization": f"Bearer {service.token}"}
    return Client().post(f"{PREFIX}{path}/versions", form, headers=headers)


@pytest.mark.parametrize("field", ["archive", "file"])
def test_an_archive_is_published(
    service: Service, lab: Assignment, path: str, field: str
) -> None:
    archive = SimpleUploadedFile("it.tar.gz", pack(readme="begin here"))

    task = send(service, path, changelog="first", **{field: archive}).json()

    root = "https://bookbag.example.edu"
    assert task["taskUri"] == f"{root}{PREFIX}{path}/publishes/1"
    status = service.get(task["taskUri"].removeprefix(root))
    assert status == {"taskId": "1", "done": True}
    source = PublishedSource.objects.get(assignment=lab)
    assert (Path(source.files_folder) / "readme").read_text() == "begin here"
    assert source.changelog == "first"
    assert service.refused("GET", f"{path}/publishes/2")[0] == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no archive", "archive_format"),
        (b"", "archive_format"),
        (pack(**{"../../out": "x"}), "unsafe_member"),
    ],
    ids=["no archive", "empty", "goes up"],
)
def test_what_cannot_be_unpacked_is_refused_and_leaves_nothing(
    service: Service, path: str, folders: Path, content: bytes, code: str
) -> None:
    answer = send(service, path, archive=SimpleUploadedFile("it.zip", content))

    assert (answer.status_code, answer.json()["code"]) == (415, code)
    assert not PublishedSource.objects.exists()
    left = [p for p in (folders / "workspaces").rglob("*") if not p.is_dir()]
    assert left == []


def test_a_form_without_an_archive_is_refused(service: Service, path: str) -> None:
    stack = {"withStackUpdate": "true"}

    answers = [send(service, path, **form) for form in ({"changelog": "x"}, stack)]

    assert [answer.status_code for answer in answers] == [412, 412]
    assert "expected one in the form: archive" in answers[0].json()["message"]
    assert "stacks are not published here" in answers[1].json()["message"]
