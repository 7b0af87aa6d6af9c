"""Downloads: whole, in ranges, conditional, and only while the file is there."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bookbag.domain.courses.models import Course, Enrolment
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from bookbag.exports.states import ExportEventKind, ExportState
from tests import factories

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 8
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def course() -> Course:
    return factories.make_course()


@pytest.fixture
def teacher(course: Course) -> User:
    return factories.make_teacher(course)


@pytest.fixture
def export(course: Course, teacher: User, settings: Settings, tmp_path: Path) -> Export:
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}"
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "it.zip").write_bytes(CONTENT)
    return factories.make_export(
        course,
        teacher,
        state=ExportState.READY,
        storage_key="published/it.zip",
        file_name="Kürs 101.zip",
        size_bytes=len(CONTENT),
        sha256=DIGEST,
    )


@pytest.fixture
def browser(client: Client, teacher: User) -> Client:
    client.force_login(teacher, "django.contrib.auth.backends.ModelBackend")
    return client


def read(answer: object) -> bytes:
    if isinstance(answer, StreamingHttpResponse):
        return b"".join(cast("list[bytes]", list(answer)))
    return cast("HttpResponse", answer).content


def file_of(export: Export) -> str:
    return f"/exports/{export.pk}/file"


def test_a_download_is_noted_and_leads_to_the_file(
    browser: Client, export: Export, teacher: User
) -> None:
    answer = browser.post(f"/exports/{export.pk}/download")

    assert (answer.status_code, answer["Location"]) == (302, file_of(export))
    event = export.events.get()
    assert (event.kind, event.person) == (ExportEventKind.DOWNLOADED, teacher)


def test_the_whole_file_comes_with_its_headers(browser: Client, export: Export) -> None:
    answer = browser.get(file_of(export))

    assert read(answer) == CONTENT
    expected = {
        "Content-Type": "application/zip",
        "Content-Length": "2048",
        "Content-Disposition": "attachment; filename*=utf-8''K%C3%BCrs%20101.zip",
        "ETag": f'"{DIGEST}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Repr-Digest": "sha-256=:"
        + base64.b64encode(bytes.fromhex(DIGEST)).decode()
        + ":",
    }
    assert {name: answer[name] for name in expected} == expected


def test_head_gives_the_same_headers_and_nothing_else(
    browser: Client, export: Export
) -> None:
    whole = browser.get(file_of(export))
    read(whole)

    answer = browser.head(file_of(export))

    assert read(answer) == b""
    del answer["X-Request-ID"], whole["X-Request-ID"]
    assert dict(answer.items()) == dict(whole.items())


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=2000-", 2000, 2047),
        ("bytes=2000-9999", 2000, 2047),
        ("bytes=2047-2047", 2047, 2047),
        ("bytes=-5", 2043, 2047),
        ("bytes=-9999", 0, 2047),
    ],
)
def test_a_range_is_answered_with_that_range(
    browser: Client, export: Export, wanted: str, start: int, end: int
) -> None:
    answer = browser.get(file_of(export), headers={"range": wanted})

    assert answer.status_code == 206
    assert read(answer) == CONTENT[start : end + 1]
    assert answer["Content-Range"] == f"bytes {start}-{end}/2048"
    assert answer["Content-Length"] == str(end - start + 1)


@pytest.mark.parametrize(
    "wanted", ["bytes=5-4", "bytes=0-1,5-6", "bytes=", "bytes=a-b", "lines=0-5"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(
    browser: Client, export: Export, wanted: str
) -> None:
    answer = browser.get(file_of(export), headers={"range": wanted})

    assert (answer.status_code, read(answer)) == (200, CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=2048-", "bytes=9999-10000", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(
    browser: Client, export: Export, wanted: str
) -> None:
    answer = browser.get(file_of(export), headers={"range": wanted})

    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */2048"


@pytest.mark.parametrize(
    ("condition", "status"),
    [(f'"{DIGEST}"', 206), ('"other"', 200), (f'W/"{DIGEST}"', 200)],
)
def test_a_range_of_another_file_is_answered_with_the_whole(
    browser: Client, export: Export, condition: str, status: int
) -> None:
    headers = {"range": "bytes=0-9", "if-range": condition}

    answer = browser.get(file_of(export), headers=headers)

    assert answer.status_code == status
    assert read(answer) == (CONTENT[:10] if status == 206 else CONTENT)


def test_a_range_may_depend_on_the_time(browser: Client, export: Export) -> None:
    modified = browser.head(file_of(export))["Last-Modified"]
    statuses = []

    for condition in (modified, "Thu, 01 Jan 1970 00:00:01 GMT"):
        headers = {"range": "bytes=0-9", "if-range": condition}
        answer = browser.get(file_of(export), headers=headers)
        statuses.append((answer.status_code, len(read(answer))))

    assert statuses == [(206, 10), (200, 2048)]


def test_who_has_it_already_gets_nothing_again(browser: Client, export: Export) -> None:
    answer = browser.get(file_of(export), headers={"if-none-match": f'"{DIGEST}"'})

    assert (answer.status_code, read(answer)) == (304, b"")


def test_after_the_link_days_there_is_a_page_that_says_so(
    browser: Client, export: Export
) -> None:
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    for path in ("", "file"):
        answer = browser.get(f"/exports/{export.pk}/{path}")
        assert answer.status_code == 410
        assert "the file was removed" in answer.content.decode()
        assert "Make a new export" in answer.content.decode()
    assert browser.post(f"/exports/{export.pk}/download").status_code == 410


def test_a_right_that_ended_ends_the_download(browser: Client, export: Export) -> None:
    Enrolment.objects.update(removed_at=timezone.now())

    assert browser.get(file_of(export)).status_code == 404


def test_a_file_that_the_storage_lost_is_not_there(
    browser: Client, export: Export, tmp_path: Path
) -> None:
    (tmp_path / "published" / "it.zip").unlink()

    assert browser.get(file_of(export)).status_code == 404
