"""``bookbag export`` and ``exports`` on the machine's own database."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.sites import ADMIN, PASSWORD, STUDENT, TEACHER, WORKSPACE, Site
from tests.functional.terminals import run_in_terminal

HERE = f"--workspace={WORKSPACE}"
TAKEN = """
UPDATE exports_export SET state = 'running', attempt = 1,
lease_expires_at = datetime('now', '+20 seconds') WHERE id = '{}'
"""


@pytest.fixture(scope="module")
def idle_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a course, on which no worker runs."""
    with Site(tmp_path_factory.mktemp("site"), BOOKBAG_LEASE_SECONDS="4") as site:
        site.load_sample(students=4)
        yield site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


def export(site: Site, *arguments: str, status: int = 0) -> dict[str, object]:
    done = site.run("export", *arguments, "--json")
    assert done.returncode == status, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


def test_an_archive_is_compiled_saved_verified_and_unpacked(
    idle_site: Site, folder: Path
) -> None:
    target = folder.parent / "it.zip"

    found = export(
        idle_site,
        *("course-data", "--course=CS101", f"--as={TEACHER}"),
        *(f"--output={target}", f"--unpack={folder}", "--purpose=the tests"),
    )

    kept = idle_site.query("SELECT sha256 FROM exports_export")
    assert (hashlib.sha256(target.read_bytes()).hexdigest(),) in kept
    assert found["file"] == str(target)
    assert found["receipt_file"] is None  # the archive carries it
    verification = found["verification"]
    assert isinstance(verification, dict)
    assert (verification["is_whole"], verification["signature"]) == (True, "valid")
    assert len(list(folder.glob("*/data/workspaces/*/*"))) > 0
    again = idle_site.run("verify", str(next(folder.iterdir())))
    assert (again.returncode, again.stderr) == (0, "")


def test_words_for_people_and_silence_beside_them(
    idle_site: Site, folder: Path
) -> None:
    folder.mkdir()

    done = idle_site.run("export", "groups", HERE, f"--output={folder}")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"Saved {folder}/example-university_groups_")
    assert lines[-1] == (
        "WHOLE: every byte is as it was when the receipt was signed. Signature: valid."
    )


def test_problems_have_a_status_of_their_own(idle_site: Site, folder: Path) -> None:
    course = folder.parent / "course"
    shutil.copytree(idle_site.folder / "course", course, symlinks=True)
    done = idle_site.run("load", str(course), "--course=Broken", "--workspace=Other")
    assert done.returncode == 0, done.stderr
    role = ("--role=Admin", "--workspace=Other", f"--password={PASSWORD}")
    idle_site.run("user", ADMIN, *role)
    first = next(path for path in course.rglob("*.py") if path.is_file())
    first.unlink()
    (first.parent / "leads-out").symlink_to("/etc/hostname")

    found = export(
        idle_site,
        *("course-data", "--course=Broken", f"--output={folder.parent / 'b.zip'}"),
        status=10,
    )

    asked = found["export"]
    assert isinstance(asked, dict)
    assert asked["problem_count"] >= 1


def test_who_has_no_right_gets_nothing(idle_site: Site, folder: Path) -> None:
    refused = idle_site.run("export", "users", HERE, f"--as={STUDENT}", "--json")

    assert refused.returncode == 4
    code = json.loads(refused.stderr)["error"]["code"]
    assert code == "export_permission_refused"
    assert not folder.exists()


def test_an_export_is_asked_for_listed_cancelled_and_gone(idle_site: Site) -> None:
    asked = idle_site.run("export", "sessions", HERE, "--detach", "--json")
    export_id = json.loads(asked.stdout)["export"]["id"]
    listed = idle_site.run("exports", "--state=queued")
    cancelled = idle_site.run("exports", export_id, "--cancel")
    again = idle_site.run("export", export_id)

    assert export_id in listed.stdout
    assert "state             cancelled" in cancelled.stdout
    assert (again.returncode, again.stdout) == (7, "")
    assert f"Somebody cancelled the export {export_id}" in again.stderr


def test_ctrl_c_leaves_the_export_to_whoever_comes_next(
    idle_site: Site, folder: Path
) -> None:
    folder.mkdir()
    asked = idle_site.run("export", "my-data", HERE, f"--as={TEACHER}", "--detach")
    export_id = asked.stdout.split()[0]
    # Another worker holds it, so that the command has to wait.
    idle_site.query(TAKEN.format(export_id.replace("-", "")))
    waiting = ("export", export_id, f"--output={folder}", f"--as={TEACHER}")

    status, shown = run_in_terminal(idle_site, *waiting, interrupt_at="running")

    assert (status, list(folder.iterdir())) == (130, [])
    assert f"`bookbag export {export_id}` waits for it again." in shown
    found = export(idle_site, *waiting[1:])  # that worker's lease runs out
    assert Path(str(found["file"])).exists()
