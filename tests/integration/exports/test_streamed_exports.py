"""Archives that are sent to an object store while they are written."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from bagkit.archive import ArchiveStream, verify_archive, write_bag
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue.definition import Product, ProductionContext
from bookbag.exports.errors import PermanentExportError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export
from bookbag.exports.states import ExportState
from bookbag.exports.storage import format_key
from bookbag.exports.storage.multipart import part_bytes_of
from bookbag.exports.storage.objects import ObjectStorage
from bookbag.jobs.working import run_job
from tests import factories
from tests.factories_files import write_work
from tests.fakes.definitions import IDENTIFIER, installed_definition
from tests.integration.exports.test_object_storage import count_uploads
from tests.integration.exports.test_storage_contract import LARGE
from tests.integration.exports.test_working import PROGRESS
from tests.stores import ACCESS_KEY, SECRET
from tests.unit.packing.bags import expect, make_plan

pytestmark = pytest.mark.django_db(transaction=True)

EXPORTS = ExportJobs()
STUDENTS = 40
STREAM = """
import sys, time
from pathlib import Path
from bagkit.archive import ArchiveStream, write_bag
from bookbag.exports.storage.objects import make_object_storage
from tests.unit.packing.bags import expect, make_plan
url, access_key, secret, key, work, staging = sys.argv[1:]
storage = make_object_storage(url, access_key, secret, Path(staging))
folders = {path.name: path for path in sorted(Path(work).iterdir())}
with storage.open_upload(key) as upload:
    class Slowly:
        def write(self, piece):
            time.sleep(0.05)
            upload.write(piece)
    stream = ArchiveStream(sink=Slowly())
    write_bag(make_plan(expect(folders)), Path(staging) / "it.zip", stream=stream)
    print("ended before it was killed")
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    chooser = random.Random(8)  # noqa: S311 - content that cannot be compressed
    for number in range(STUDENTS):
        folder = write_work(tmp_path / "work" / f"s{number:02}", str(number))
        (folder / "sound.bin").write_bytes(chooser.randbytes(1_500_000))
    return tmp_path / "work"


def list_sent(objects: ObjectStorage, export_id: UUID) -> list[int]:
    """Return the numbers of the parts of an export that are in the store."""
    found = list(objects._uploads.iter_uploads(f"published/{export_id}."))
    return sorted(
        number for upload in found for number in objects._uploads.list_parts(*upload)
    )


def kill_in_mid_upload(
    objects: ObjectStorage, settings: Settings, export_id: UUID, work: Path
) -> list[int]:
    """Stream an archive in a process that is killed; return the parts it sent."""
    staging = work.with_name("killed")
    staging.mkdir()
    key = format_key(export_id, 1, ".zip")
    process = subprocess.Popen(  # noqa: S603 - our own program
        [
            *(sys.executable, "-c", STREAM, settings.BOOKBAG_STORAGE_URL),
            *(ACCESS_KEY, SECRET, key, str(work), str(staging)),
        ],
        stdout=subprocess.PIPE,
    )
    while len(list_sent(objects, export_id)) < 3 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    printed, _ = process.communicate()
    assert printed == b""
    return list_sent(objects, export_id)


def test_what_a_process_that_was_killed_had_sent_is_not_sent_again(
    objects: ObjectStorage, settings: Settings, work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    export_id = uuid4()
    sent = kill_in_mid_upload(objects, settings, export_id, work)
    plan = make_plan(expect({p.name: p for p in sorted(work.iterdir())}))
    kept = write_bag(plan, work.with_name("kept.zip"))
    numbers = count_uploads(objects, monkeypatch)

    with objects.open_upload(format_key(export_id, 2, ".zip")) as upload:
        stream = ArchiveStream(sink=upload)
        result = write_bag(plan, work.with_name("staged.zip"), stream=stream)
        key = upload.complete()

    assert len(sent) >= 3
    assert numbers
    assert not set(sent) & set(numbers)
    assert result.sha256 == kept.sha256
    with objects.open_file(key) as file:
        assert file.read() == work.with_name("kept.zip").read_bytes()
    assert list_sent(objects, export_id) == []


def test_a_course_is_exported_without_a_copy_on_the_disk(
    objects: ObjectStorage, settings: Settings, course: Course, teacher: User,
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.BOOKBAG_STREAM_BYTES = 6 << 20
    assignment = factories.make_assignment(course)
    for folder in sorted(work.iterdir()):
        student = factories.enrol(course, folder.name)
        factories.make_project(assignment, student, files_folder=str(folder))
    export = factories.make_export(course, teacher)
    most_staged_bytes = measure_staging(monkeypatch, settings.BOOKBAG_VAR / "staging")

    run_job(EXPORTS, export.pk)

    export.refresh_from_db()
    assert (export.state, export.failure_sentence) == (ExportState.READY, "")
    assert export.size_bytes is not None
    assert export.size_bytes > STUDENTS * 1_500_000
    assert 0 < most_staged_bytes() < 2 * settings.BOOKBAG_STREAM_BYTES
    with objects.open_file(export.storage_key) as file:
        (tmp_path / "it.zip").write_bytes(file.read())
    assert verify_archive(tmp_path / "it.zip").findings == ()
    assert list(objects.iter_keys()) == [export.storage_key]


def measure_staging(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Callable[[], int]:
    """Look at a folder whenever a part is sent; return what tells the most it held."""
    most = [0]
    open_real = ObjectStorage.open_upload

    def open_upload(self: ObjectStorage, *arguments: object) -> object:
        upload = open_real(self, *arguments)  # type: ignore[arg-type]  # passed on
        write = upload.write

        def write_and_look(piece: bytes) -> int:
            found = [path.stat().st_blocks for path in folder.rglob("*")]
            most[0] = max(most[0], 512 * sum(found))
            return write(piece)

        monkeypatch.setattr(upload, "write", write_and_look)
        return upload

    monkeypatch.setattr(ObjectStorage, "open_upload", open_upload)
    return lambda: most[0]


@pytest.fixture
def export(course: Course, teacher: User) -> Export:
    return factories.make_export(course, teacher, identifier=IDENTIFIER)


def work_on(export: Export, interfere: Callable[[ProductionContext], None]) -> None:
    """Work on an export that is streamed; interfere when two of its parts are sent."""

    def produce(context: ProductionContext) -> Product:
        stream = context.open_stream(".txt", 1)
        assert stream is not None
        for start in range(0, len(LARGE), 1 << 20):
            stream.sink.write(LARGE[start : start + (1 << 20)])
        interfere(context)
        return Product(
            file_name="it.txt",
            media_type="text/plain",
            sha256=hashlib.sha256(LARGE).hexdigest(),
            size_bytes=len(LARGE),
            problem_count=0,
        )

    with installed_definition(produce):
        run_job(EXPORTS, export.pk)
    export.refresh_from_db()


def cancel(context: ProductionContext) -> None:
    Export.objects.update(cancel_requested_at=timezone.now())
    end = time.monotonic() + 30
    while time.monotonic() < end:
        context.on_progress(PROGRESS)
        time.sleep(0.05)


def fail(_context: ProductionContext) -> None:
    raise PermanentExportError


def interrupt(_context: ProductionContext) -> None:
    raise RuntimeError


@pytest.mark.parametrize(
    ("interfere", "state"),
    [(cancel, ExportState.CANCELLED), (fail, ExportState.FAILED)],
)
def test_what_ends_without_a_file_leaves_no_upload(
    objects: ObjectStorage, export: Export, state: str,
    interfere: Callable[[ProductionContext], None],
) -> None:  # fmt: skip
    work_on(export, interfere)

    assert export.state == state
    assert list(objects.iter_keys()) == []


def test_an_interrupted_export_goes_on_with_what_it_sent(
    objects: ObjectStorage, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_on(export, interrupt)
    assert (export.state, list_sent(objects, export.pk)) == (
        ExportState.RUNNING,
        [1, 2],
    )
    Export.objects.update(lease_expires_at=timezone.now())
    numbers = count_uploads(objects, monkeypatch)

    work_on(export, lambda _context: None)

    assert export.state == ExportState.READY
    assert numbers == [3]
    assert list(objects.iter_keys()) == [export.storage_key]


def test_a_worker_that_was_overtaken_leaves_the_upload_to_its_successor(
    objects: ObjectStorage, export: Export
) -> None:
    def overtake(context: ProductionContext) -> None:
        Export.objects.update(attempt=2)
        cancel(context)  # the row is not this worker's any more, so it is lost instead

    work_on(export, overtake)
    assert (export.state, list_sent(objects, export.pk)) == (
        ExportState.RUNNING,
        [1, 2],
    )

    Export.objects.update(lease_expires_at=timezone.now())
    work_on(export, lambda _context: None)  # which finds that it was cancelled

    assert export.state == ExportState.CANCELLED
    assert list(objects.iter_keys()) == []


def test_an_export_that_is_given_up_leaves_no_upload(
    objects: ObjectStorage, export: Export, settings: Settings
) -> None:
    work_on(export, interrupt)
    settings.BOOKBAG_MAX_ATTEMPTS = 2
    Export.objects.update(lease_expires_at=timezone.now())

    work_on(export, interrupt)

    assert export.state == ExportState.FAILED
    assert list(objects.iter_keys()) == []


def test_parts_grow_so_that_a_store_takes_half_a_terabyte() -> None:
    sizes = [part_bytes_of(number) for number in range(1, 10_001)]

    assert min(sizes) >= 5 << 20
    assert sum(sizes) == 500 << 30
    with pytest.raises(OverflowError, match="Found part 10001, limit is 10000"):
        part_bytes_of(10_001)
