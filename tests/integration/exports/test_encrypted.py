"""Exports that are encrypted to a recipient, opened with the program of age itself."""

import json
import os
import pty
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from bookbag.domain.courses.models import Assignment, Course
from bookbag.domain.people.models import User
from bookbag.exports.catalogue import get_catalogue
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import ENCRYPT_TO
from bookbag.exports.errors import FileReceiptError, OptionsError
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.mail import deliver_waiting_mails
from bookbag.exports.models import Export
from bookbag.exports.services import check_request
from bookbag.exports.states import ExportState
from bookbag.exports.storage import LocalStorage
from bookbag.exports.verification import verify_file
from bookbag.formats.age_files import make_protected_key
from bookbag.jobs.working import run_job
from tests import factories

# The lease keeper writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "four words of mine"  # noqa: S105 - of a test
CANARY = b"only the recipient reads this"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.txt"
    run("age-keygen", "-o", str(path))
    return path


@pytest.fixture
def recipient(key: Path) -> str:
    return run("age-keygen", "-y", str(key)).strip()


@pytest.fixture
def lab(course: Course, tmp_path: Path) -> Assignment:
    lab = factories.make_assignment(course, "Lab")
    work = tmp_path / "work"
    work.mkdir()
    (work / "main.py").write_bytes(CANARY)
    factories.make_project(lab, factories.enrol(course, "ada"), work)
    return lab


def run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - age
    return done.stdout


def export_to(course: Course, teacher: User, identifier: str, recipient: str) -> Export:
    export = factories.make_export(
        course, teacher, identifier=identifier, options={ENCRYPT_TO: recipient}
    )
    run_job(ExportJobs(), export.pk)
    return Export.objects.get(pk=export.pk)


def test_every_export_takes_a_recipient() -> None:
    assert all(ENCRYPT_TO in entry.options for entry in get_catalogue().values())


@pytest.mark.usefixtures("lab")
def test_only_the_recipient_can_read_an_archive(
    course: Course,
    teacher: User,
    storage: LocalStorage,
    key: Path,
    recipient: str,
    tmp_path: Path,
    mailoutbox: list[object],
) -> None:
    export = export_to(course, teacher, "course-data", recipient)
    with storage.open_file(export.storage_key) as file:
        kept = Path(file.name)

    assert export.state == ExportState.READY
    assert export.file_name.endswith(".zip.age")
    assert list(storage.iter_keys()) == [export.storage_key]
    assert [p for p in tmp_path.joinpath("exports").rglob("*") if is_plain(p)] == []
    with pytest.raises(FileReceiptError, match="encrypted with age, expected it"):
        verify_file(kept)

    plain = tmp_path / "course.zip"
    run("age", "--decrypt", "-i", str(key), "-o", str(plain), str(kept))

    assert verify_file(plain).is_ok
    assert json.loads(bytes(export.receipt.document))["encrypted_with"] == "age"
    deliver_waiting_mails()
    [mail] = mailoutbox
    assert "age --decrypt" in mail.body  # type: ignore[attr-defined]  # a mail


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.read_bytes().startswith(b"age-encryption.org")


@pytest.mark.usefixtures("lab")
def test_a_table_is_verified_after_decrypting(
    course: Course,
    teacher: User,
    storage: LocalStorage,
    key: Path,
    recipient: str,
    tmp_path: Path,
) -> None:
    export = export_to(course, teacher, "user-access", recipient)
    plain = tmp_path / "access.csv"
    with storage.open_file(export.storage_key) as file:
        run("age", "-d", "-i", str(key), "-o", str(plain), file.name)

    report = verify_file(plain, receipt=bytes(export.receipt.document))

    assert report.is_ok
    assert plain.read_bytes().startswith(b"username,")


@pytest.mark.usefixtures("lab")
def test_an_encrypted_archive_is_not_reused(
    course: Course, teacher: User, recipient: str, storage: LocalStorage
) -> None:
    export_to(course, teacher, "course-data", recipient)

    plain = export_to(course, teacher, "course-data", "")

    assert plain.state == ExportState.READY
    with storage.open_file(plain.storage_key) as file:
        assert file.read(2) == b"PK"


@pytest.mark.parametrize("text", ["age1nonsense", "me@example.edu", "x" * 1001])
def test_it_refuses_what_is_no_recipient(
    course: Course, teacher: User, text: str
) -> None:
    with pytest.raises(OptionsError, match="expected a recipient of age"):
        check_request(
            teacher, "course-data", ExportScope.of_course(course), {ENCRYPT_TO: text}
        )


@pytest.mark.usefixtures("lab")
def test_a_passphrase_opens_what_was_exported_to_its_key(
    course: Course, teacher: User, storage: LocalStorage, tmp_path: Path
) -> None:
    made = make_protected_key(PASSPHRASE)
    path, plain = tmp_path / "key.age", tmp_path / "plain.zip"
    made.save(path)
    export = export_to(course, teacher, "course-data", made.recipient)

    with storage.open_file(export.storage_key) as file:
        opened = [
            open_with(passphrase, path, plain, file.name)
            for passphrase in ("another", PASSPHRASE)
        ]

    assert opened == [False, True]
    assert zipfile.is_zipfile(plain)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        made.save(path)


def open_with(passphrase: str, key: Path, plain: Path, kept: str) -> bool:
    """Let age ask for a passphrase at a terminal; answer whether it decrypted."""
    command = ["age", "--decrypt", "-i", str(key), "-o", str(plain), kept]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)  # noqa: S606 - a program of the machine
    os.write(terminal, f"{passphrase}\n".encode())
    with os.fdopen(terminal, "rb", buffering=0) as screen, suppress(OSError):
        while screen.read(1024):
            pass
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0
