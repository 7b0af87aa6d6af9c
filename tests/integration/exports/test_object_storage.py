"""Exports on a real object store: gone on with, swept, and handed to browsers."""

import hashlib
import urllib.error
import urllib.request
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports import retention
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import format_key
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.fakes.definitions import CONTENT, IDENTIFIER
from tests.integration.exports.test_storage_contract import LARGE
from tests.stores import StoreServer

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The worker is gone: nothing of it tidies up."""


def upload(
    storage: ObjectStorage,
    export_id: UUID,
    attempt: int,
    *,
    parts: int,
    content: bytes = LARGE,
) -> str:
    """Publish a large file, and die after so many parts."""
    staged = storage.stage_file(export_id, attempt)
    staged.write_bytes(content)
    begun: list[None] = []

    def die_after() -> None:
        if len(begun) == parts:
            raise Killed
        begun.append(None)

    return storage.publish_file(
        staged, format_key(export_id, attempt, ".zip"), die_after
    )


def count_uploads(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []
    upload_part = storage._client.upload_part

    def note(**arguments: object) -> object:
        numbers.append(int(str(arguments["PartNumber"])))
        return upload_part(**arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(storage._client, "upload_part", note)
    return numbers


def test_what_a_killed_worker_uploaded_is_not_uploaded_again(
    objects: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = uuid4()
    with pytest.raises(Killed):
        upload(objects, export_id, 1, parts=2)
    numbers = count_uploads(objects, monkeypatch)

    key = upload(objects, export_id, 2, parts=99)

    assert numbers == [3]
    assert key == format_key(export_id, 1, ".zip")
    with objects.open_file(key) as file:
        assert file.read() == LARGE
    assert [k for k in objects.iter_keys() if not k.startswith("staged/")] == [key]


def test_a_part_that_differs_is_uploaded_again(
    objects: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = uuid4()
    with pytest.raises(Killed):
        upload(objects, export_id, 1, parts=2, content=b"another" + LARGE[7:])
    numbers = count_uploads(objects, monkeypatch)

    key = upload(objects, export_id, 2, parts=99)

    assert sorted(numbers) == [1, 3]
    with objects.open_file(key) as file:
        assert file.read() == LARGE


def test_an_answer_that_was_lost_after_storing_is_no_failure(
    objects: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = objects._client.complete_multipart_upload

    def complete_twice(**arguments: object) -> object:
        complete(**arguments)  # type: ignore[arg-type]  # passed on
        return complete(**arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(objects._client, "complete_multipart_upload", complete_twice)

    key = upload(objects, uuid4(), 1, parts=99)

    with objects.open_file(key) as file:
        assert file.read() == LARGE


def test_the_sweep_aborts_uploads_that_no_export_goes_on_with(
    objects: ObjectStorage, store_server: StoreServer, bucket: str,
    course: Course, teacher: User,
) -> None:  # fmt: skip
    running = factories.make_export(
        course, teacher, state=ExportState.RUNNING, attempt=2
    )
    for export_id in (running.pk, uuid4()):
        with pytest.raises(Killed):
            upload(objects, export_id, 1, parts=2)
    assert len(store_server.list_uploads(bucket)) == 2

    retention.remove_orphans()
    assert store_server.list_uploads(bucket) == [f"kept/published/{running.pk}.1.zip"]

    Export.objects.update(state=ExportState.FAILED)
    retention.remove_orphans()
    assert store_server.list_uploads(bucket) == []
    assert list(objects.iter_keys()) == []


@pytest.mark.usefixtures("objects", "fake_definition")
def test_a_browser_gets_a_short_lived_address_after_its_right_was_checked(
    course: Course, teacher: User, client: Client, settings: Settings
) -> None:
    settings.BOOKBAG_SIGNED_LINK_SECONDS = 77
    export = factories.make_export(course, teacher, identifier=IDENTIFIER)
    run_job(ExportJobs(), export.pk)
    url = reverse("export-file", args=[export.pk])
    client.force_login(factories.make_teacher(factories.make_course("X")), BACKEND)
    assert client.get(url).status_code == 404
    client.force_login(teacher, BACKEND)

    answer = client.get(url)

    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
    assert "X-Amz-Expires=77" in answer["Location"]
    with urllib.request.urlopen(answer["Location"]) as file:  # noqa: S310 - our store
        assert file.read() == CONTENT
        assert file.headers["Content-Disposition"] == 'attachment; filename="fake.txt"'
        assert file.headers["Content-Type"] == "text/plain"
    head = client.head(url)
    assert (head.status_code, head["Content-Length"]) == (200, str(len(CONTENT)))
    forged = answer["Location"].replace("X-Amz-Expires=77", "X-Amz-Expires=7777")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(forged)  # noqa: S310 - our store
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(answer["Location"].partition("?")[0])  # noqa: S310


@pytest.mark.usefixtures("fake_definition")
def test_an_export_lives_and_ends_on_the_store(
    objects: ObjectStorage, store_server: StoreServer, bucket: str,
    course: Course, teacher: User,
) -> None:  # fmt: skip
    export = factories.make_export(course, teacher, identifier=IDENTIFIER)
    run_job(ExportJobs(), export.pk)
    export.refresh_from_db()
    name = f"kept/{export.storage_key}"
    assert (export.state, export.failure_sentence) == (ExportState.READY, "")
    assert store_server.list_keys(bucket) == [name]
    stored = store_server.read(bucket, name)
    assert hashlib.sha256(stored).hexdigest() == export.sha256

    Export.objects.update(expires_at=export.finished_at)
    retention.sweep_expired()

    assert store_server.list_keys(bucket) == []


BACKEND = "django.contrib.auth.backends.ModelBackend"
