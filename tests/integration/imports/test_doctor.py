"""The doctor finds what does not fit together of imports and restores, and mends it."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from bookbag.domain.people.models import User
from bookbag.imports.doctor import find_import_inconsistencies
from bookbag.imports.projects.folders import upload_path
from bookbag.imports.projects.models import ProjectImport
from bookbag.imports.projects.services import ChosenProject, choose_projects
from bookbag.imports.projects.states import ImportState
from bookbag.imports.projects.uploads import begin_upload
from bookbag.imports.restoring.models import FOLDER_PREFIX, Restore, RestoreState
from bookbag.imports.restoring.services import adopt_upload
from bookbag.jobs.inconsistencies import Inconsistency
from tests.integration.imports.conftest import Upload, list_files, work_on

pytestmark = pytest.mark.django_db(transaction=True)


def make_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("snake/main.py", "print()")
    return content.getvalue()


def find_and_mend() -> list[str]:
    """Mend everything; return what it was, and see that nothing is left."""
    found: list[Inconsistency] = list(find_import_inconsistencies())
    for case in found:
        assert case.mend is not None
        case.mend()
    assert list(find_import_inconsistencies()) == []
    return sorted(case.code for case in found)


def test_what_fits_together_is_left_alone(
    upload: Upload, ada: User, disk: Path
) -> None:
    chosen = upload(make_zip())
    project = chosen.found.get()
    choose_projects(chosen, [ChosenProject(found=project, name="Snake")])
    work_on(chosen)
    adopt_upload(upload(make_zip()))
    upload(make_zip())
    begin_upload(
        person=ada, workspace=chosen.workspace, file_name="a.zip", size_bytes=5
    )
    before = list_files(disk)

    assert chosen.state == ImportState.DONE
    assert find_and_mend() == []
    assert list_files(disk) == before


def test_files_without_rows_are_removed(upload: Upload, disk: Path) -> None:
    checked = upload(make_zip())
    (disk / "uploads" / str(uuid4())).mkdir()
    (disk / "uploads" / f"{FOLDER_PREFIX}{uuid4()}").write_bytes(b"archive")
    half = disk / "workspaces" / "imported" / str(uuid4()) / "1"
    half.mkdir(parents=True)
    (half / "file").write_text("half")
    (disk / "uploads" / "README").write_text("somebody's own")

    found = find_and_mend()

    assert found == [
        "archive_without_restore",
        "unpacked_without_row",
        "upload_without_row",
    ]
    assert set(list_files(disk)) == {
        "uploads/README",
        f"uploads/{checked.pk}/upload",
    }


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_an_import_without_its_upload_is_given_up(upload: Upload, harm: str) -> None:
    job = upload(make_zip())
    path = upload_path(job.pk)
    path.unlink() if harm == "gone" else path.write_bytes(b"cut")

    assert find_and_mend() == ["import_without_upload"]

    job.refresh_from_db()
    assert job.state == ImportState.EXPIRED


def test_a_restore_without_its_archive_is_cancelled(upload: Upload) -> None:
    restore = adopt_upload(upload(make_zip()))
    Restore.objects.update(state=RestoreState.CHECKED)
    restore.path.unlink()

    assert find_and_mend() == ["restore_without_archive"]

    restore.refresh_from_db()
    assert restore.state == RestoreState.CANCELLED


def test_what_nobody_works_on_gets_a_worker(
    upload: Upload, woken: list[str], ada: User
) -> None:
    restore = adopt_upload(upload(make_zip()))
    job = upload(make_zip())
    long_ago = timezone.now() - timedelta(hours=1)
    ProjectImport.objects.filter(pk=job.pk).update(
        state=ImportState.CHECKING,
        requested_at=long_ago,
        woken_at=long_ago,
        lease_expires_at=long_ago,
    )
    Restore.objects.update(requested_at=long_ago, woken_at=long_ago)
    woken.clear()

    assert find_and_mend() == ["nobody_works_on_it", "nobody_works_on_it"]

    assert sorted(woken) == sorted([str(job.pk), str(restore.pk)])
