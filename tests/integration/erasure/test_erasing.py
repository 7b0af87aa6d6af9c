"""Erasing a person: afterwards nothing here names them, and everything else stands."""

from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bagkit.archive import index_of
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.audit.chain import seal_all_drafts
from bookbag.domain.audit.models import Act, AuditEntry
from bookbag.domain.audit.recording import Deed, record
from bookbag.domain.audit.verification import verify_chain
from bookbag.domain.courses.models import Course, Progress
from bookbag.domain.people.models import Member, User
from bookbag.erasure.errors import ErasureError
from bookbag.erasure.services import check_erasure, erase_person
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.catalogue.options import PSEUDONYMISE
from bookbag.exports.jobs import ExportJobs
from bookbag.exports.models import Export, MailMessage
from bookbag.exports.services import request_export
from bookbag.exports.states import ExportState
from bookbag.imports.projects.folders import make_private_folder, upload_path
from bookbag.jobs.working import run_job
from tests import factories
from tests.factories_files import write_work

# The lease keeper writes from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)
CANARIES = ("quagliotti", "ottoline", "brandewyne", "203.0.113.77", "sis-99817")


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    """The var folder of a server: its exports, workspaces and uploads."""
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}/exports"
    settings.BOOKBAG_WORKSPACES = tmp_path / "workspaces"
    settings.BOOKBAG_UPLOADS = tmp_path / "uploads"
    settings.BOOKBAG_WAKE_UP = "tests.fakes.wakeups.record_wake_up"
    return tmp_path


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


@pytest.fixture
def person(course: Course, var: Path, client: Client) -> User:
    """Somebody who left a trace wherever one can."""
    person = factories.enrol(course, "quagliotti")
    person.first_name, person.last_name = "Ottoline", "Brandewyne"
    person.save()
    Member.objects.filter(user=person).update(external_id="sis-99817")
    lab = factories.make_assignment(course, "Lab")
    work = write_work(var / "workspaces" / "copied" / "quagliotti")
    factories.make_project(lab, person, work)
    Progress.objects.create(assignment=lab, student=person, comments="Hi Ottoline")
    AccessEvent.objects.create(
        user=person, access_type="Log In", ip_address="203.0.113.77"
    )
    upload = factories.make_import(course.workspace, person, file_name="ottoline.zip")
    make_private_folder(upload_path(upload.pk).parent)
    upload_path(upload.pk).write_bytes(b"quagliotti")
    AccessAttempt.objects.create(
        username="quagliotti", ip_address="203.0.113.77", failures_since_start=1
    )
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    deed = Deed(act=Act.MEMBER_ADDED, target="Ottoline Brandewyne", detail="quagliotti")
    record(course.workspace_id, deed, person=person)
    seal_all_drafts()
    return person


def export_all(course: Course, teacher: User, person: User) -> list[Export]:
    """Have three exports that hold the person, one of them about them alone."""
    exports = []
    for identifier, scope, options in (
        ("course-data", ExportScope.of_course(course), {}),
        ("user-access", ExportScope.of_course(course), {"people": "quagliotti"}),
        ("student-data", ExportScope.of_student(course, person), {}),
        ("course-data", ExportScope.of_course(course), {PSEUDONYMISE: "study"}),
    ):
        export = request_export(
            person=teacher, identifier=identifier, scope=scope, options=options
        )
        run_job(ExportJobs(), export.pk)
        exports.append(Export.objects.get(pk=export.pk))
    return exports


def search_database() -> list[str]:
    """Return the tables in which a canary is."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name from the database
            text = repr([list(map(as_text, row)) for row in cursor.fetchall()])
            found += [f"{table}: {c}" for c in CANARIES if c in text.casefold()]
    return found


def as_text(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def search_files(folder: Path) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if any(
            canary in str(path.relative_to(folder)).casefold()
            or (path.is_file() and canary.encode() in path.read_bytes().lower())
            for canary in CANARIES
        )
    ]


def test_nothing_names_the_person_afterwards(
    course: Course, person: User, var: Path
) -> None:
    teacher = factories.make_teacher(course, "tina")
    exports = export_all(course, teacher, person)
    assert {export.state for export in exports} == {ExportState.READY}
    kept = var / "exports" / exports[0].storage_key
    assert index_of(kept).exists()
    assert len({line.split(":")[0] for line in search_database()}) >= 8
    assert search_files(var)

    erased = erase_person(person, actor=teacher)

    assert search_database() == []
    assert search_files(var) == []
    assert not kept.exists()
    assert not index_of(kept).exists()
    assert erased.export_count == 4
    assert erased.folder_count == 1
    assert erased.is_account_deleted


def test_the_log_stays_whole_and_names_a_pseudonym(
    course: Course, person: User
) -> None:
    teacher = factories.make_teacher(course, "tina")

    erased = erase_person(person, actor=teacher)

    seal_all_drafts()
    report = verify_chain(course.workspace_id)
    assert report.faults == ()
    entries = {entry.act: entry for entry in AuditEntry.objects.all()}
    assert entries["member.added"].target == erased.pseudonym
    assert entries["member.added"].person_name == erased.pseudonym
    assert entries["member.erased"].target == erased.pseudonym
    assert entries["member.erased"].person_name == "tina"


@pytest.mark.parametrize(
    "change", [{"target": "somebody"}, {"redaction": "0" * 64}, {"redaction": "x"}]
)
def test_a_redaction_that_is_not_ours_is_found(
    course: Course, person: User, change: dict[str, str]
) -> None:
    erase_person(person)
    seal_all_drafts()
    redacted = AuditEntry.objects.exclude(redaction="").first()
    assert redacted is not None

    AuditEntry.objects.filter(pk=redacted.pk).update(**change)

    assert verify_chain(course.workspace_id).faults == (
        f"Entry {redacted.sequence} was changed, moved or added by hand",
    )


def test_an_entry_that_was_forged_is_not_made_good(
    course: Course, person: User
) -> None:
    entry = AuditEntry.objects.get(act="member.added")
    AuditEntry.objects.filter(pk=entry.pk).update(detail="quagliotti!", redaction="x")

    erase_person(person)

    assert AuditEntry.objects.get(pk=entry.pk).detail == "quagliotti!"
    assert verify_chain(course.workspace_id).faults


def test_an_account_on_which_records_stand_is_emptied(
    course: Course, var: Path
) -> None:
    teacher = factories.make_teacher(course, "quagliotti")
    other = factories.enrol(course, "ada")
    export = factories.make_export(course, teacher, state=ExportState.CANCELLED)

    erased = erase_person(teacher)

    teacher.refresh_from_db()
    assert not erased.is_account_deleted
    assert (teacher.username, teacher.email, teacher.is_active) == (
        erased.pseudonym, "", False,
    )  # fmt: skip
    assert search_database() == []
    assert Export.objects.filter(pk=export.pk).exists()
    assert User.objects.filter(pk=other.pk).exists()


def test_it_waits_for_exports_that_are_being_made(course: Course, person: User) -> None:
    factories.make_export(course, factories.make_teacher(course))

    with pytest.raises(ErasureError, match="Found 1 exports that wait or run"):
        erase_person(person)
    assert User.objects.filter(pk=person.pk).exists()


def test_one_workspace_does_not_erase_who_is_in_another(
    course: Course, person: User
) -> None:
    other = factories.make_workspace()
    Member.objects.create(workspace=other, user=person)

    with pytest.raises(ErasureError, match="in another workspace too"):
        check_erasure(person, course.workspace)


def test_mails_that_wait_for_the_person_are_not_sent(
    course: Course, person: User
) -> None:
    export = factories.make_export(
        course, factories.make_teacher(course), state=ExportState.CANCELLED
    )
    MailMessage.objects.create(
        export=export, person=person, kind="ready",
        due_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip

    erase_person(person)

    assert not MailMessage.objects.exists()


def test_files_of_others_stay_and_are_told(course: Course, tmp_path: Path) -> None:
    student = factories.enrol(course, "ben")
    outside = write_work(tmp_path / "elsewhere")
    factories.make_project(factories.make_assignment(course), student, outside)

    erased = erase_person(student)

    assert erased.kept_folders == (str(outside),)
    assert outside.is_dir()
