"""The command line, as the people who run Bookbag meet it."""

import json
import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.functional.sites import (
    PASSWORD,
    Site,
    is_alive,
    list_children,
    stop,
    wait_until,
)


def test_what_is_set_wrongly_is_named_with_its_remedy(empty_site: Site) -> None:
    done = empty_site.run("migrate", environment={"BOOKBAG_LINK_DAYS": "soon"})

    assert done.returncode == 2
    assert (
        "BOOKBAG_LINK_DAYS: Found 'soon', expected a whole number from 1 to 365."
        in done.stderr
    )


def test_check_says_what_is_wrong_and_what_to_do(empty_site: Site) -> None:
    before = empty_site.run("check")
    empty_site.migrate()
    after = empty_site.run("check")

    assert before.returncode == 1
    assert "The database lacks" in before.stdout
    assert "Remedy: Run `bookbag migrate`." in before.stdout
    assert after.returncode == 0, after.stdout
    assert "OK Nothing is wrong." in after.stdout


def test_check_tries_what_it_stands_on(empty_site: Site) -> None:
    empty_site.migrate()

    done = empty_site.run(
        "check",
        environment={
            "BOOKBAG_QUEUE_URL": "redis://127.0.0.1:1",
            "BOOKBAG_MAIL_URL": "smtp://127.0.0.1:1",
            "BOOKBAG_STORAGE_URL": "file:///proc/nowhere",
        },
    )

    assert done.returncode == 1
    for sentence in (
        "The queue does not answer",
        "The mail server does not answer",
        "The folder of finished exports cannot be written",
    ):
        assert sentence in done.stdout


def test_check_never_prints_a_secret(empty_site: Site) -> None:
    secret = "s3cr3t-" + "x" * 50

    done = empty_site.run("check", environment={"BOOKBAG_SECRET_KEY": secret})

    assert "BOOKBAG_SECRET_KEY" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_production_needs_a_secret_of_its_own(empty_site: Site) -> None:
    done = empty_site.run("migrate", environment={"BOOKBAG_MODE": "production"})

    assert done.returncode == 2
    assert "BOOKBAG_SECRET_KEY: " in done.stderr


def test_a_course_with_faults_is_not_loaded(empty_site: Site, tmp_path: Path) -> None:
    empty_site.migrate()
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "roster.csv").write_text("username,email\nada,\n")

    done = empty_site.run("load", str(tmp_path / "course"))

    assert done.returncode == 3
    assert "FAULT" in done.stderr
    assert "roster.csv" in done.stderr
    assert empty_site.query("SELECT count(*) FROM courses_course") == [(0,)]


def test_a_dry_run_changes_nothing(empty_site: Site) -> None:
    empty_site.migrate()
    course = empty_site.folder / "course"
    empty_site.run("sample", str(course), "--students=3")

    dry = empty_site.run("load", str(course), "--dry-run", "--workspace=New")
    count_after_dry = empty_site.query("SELECT count(*) FROM people_workspace")
    wet = empty_site.run("load", str(course), "--layout=native", "--workspace=New")

    assert "Nothing was changed (dry run)." in dry.stdout
    assert count_after_dry == [(0,)]
    assert wet.returncode == 0, wet.stderr
    assert empty_site.query("SELECT count(*) FROM courses_course") == [(1,)]


def test_a_weak_password_is_refused(empty_site: Site) -> None:
    empty_site.migrate()

    done = empty_site.run("user", "ada@example.edu", "--password=12345")

    assert done.returncode == 3
    assert "This password is too short" in done.stderr
    assert empty_site.query("SELECT count(*) FROM people_user") == [(0,)]


def test_a_file_that_is_no_archive_does_not_verify(
    empty_site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "it.zip"
    path.write_bytes(b"not a ZIP")

    done = empty_site.run("verify", str(path))

    assert done.returncode == 1
    assert "Found no archive" in done.stdout


def test_a_file_that_is_not_there_is_named(empty_site: Site, tmp_path: Path) -> None:
    done = empty_site.run("verify", str(tmp_path / "missing.zip"))

    assert done.returncode in (2, 5)
    assert "missing.zip" in done.stderr


def test_nothing_that_it_writes_is_for_others(empty_site: Site) -> None:
    empty_site.load_sample(students=1)
    empty_site.run("check")

    open_ones = [
        path
        for path in (empty_site.folder / "var").rglob("*")
        if path.lstat().st_mode & 0o077
    ]

    assert open_ones == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_cleanly(empty_site: Site, number: int) -> None:
    empty_site.load_sample(students=1)
    process = empty_site.serve()
    children = list_children(process.pid)

    process.send_signal(number)

    assert process.wait(30) == 0
    assert len(children) >= 2
    assert [pid for pid in children if is_alive(pid)] == []


def test_serve_starts_again_what_dies(empty_site: Site) -> None:
    empty_site.load_sample(students=1)
    process = empty_site.serve()
    before = list_children(process.pid)

    for pid in before:
        os.kill(pid, signal.SIGKILL)

    wait_until(
        lambda: len(set(list_children(process.pid)) - set(before)) >= len(before),
        "both to be started again",
    )
    wait_until(empty_site.answers, "the pages to answer again")
    assert stop(process) == 0


def test_the_receipt_key_is_made_once(empty_site: Site) -> None:
    empty_site.migrate()
    empty_site.run("check")
    first = (empty_site.folder / "var" / "receipt-key.pem").read_bytes()
    empty_site.run("check")

    assert (empty_site.folder / "var" / "receipt-key.pem").read_bytes() == first
    assert json.dumps(PASSWORD) not in first.decode()


def test_the_doctor_mends_and_says_so(empty_site: Site) -> None:
    empty_site.migrate()
    orphan = empty_site.folder / "var/exports/published" / f"{uuid4()}.1.zip"
    orphan.parent.mkdir(parents=True)
    orphan.touch()

    told = empty_site.run("doctor")
    mended = empty_site.run("doctor", "--fix")
    after = empty_site.run("doctor")

    assert (told.returncode, mended.returncode, after.returncode) == (1, 0, 0)
    assert orphan.name in told.stdout
    assert "Run `bookbag doctor --fix`" in told.stdout
    assert "OK Rows, files and mails fit together." in after.stdout


def test_audit_verify_finds_what_was_changed_behind_its_back(empty_site: Site) -> None:
    empty_site.migrate()
    empty_site.run(
        *("user", "ada@example.edu", "--role=Owner", "--workspace=Lab"),
        f"--password={PASSWORD}",
    )
    kept = empty_site.folder / "checkpoint.json"
    kept.write_text(empty_site.run("audit", "checkpoint").stdout)
    sound = empty_site.run("audit", "verify", f"--checkpoint={kept}")

    empty_site.query("DROP TRIGGER audit_entry_update")
    empty_site.query("UPDATE audit_auditentry SET target = 'eve'")
    found = empty_site.run("audit", "verify", "--workspace=lab")

    assert (sound.returncode, sound.stdout) == (0, "OK lab: 1 entries\n")
    assert found.returncode == 1
    assert "FAULT lab: Entry 1 was changed, moved or added by hand" in found.stdout
    assert "FAULT The database has lost its trigger audit_entry_update" in found.stdout


def test_audit_verify_wants_a_checkpoint_and_a_workspace_that_exist(
    empty_site: Site,
) -> None:
    empty_site.migrate()
    broken = empty_site.folder / "broken.json"
    broken.write_text("[1]")

    unknown = empty_site.run("audit", "verify", "--workspace=none")
    unread = empty_site.run("audit", "verify", f"--checkpoint={broken}")

    assert (unknown.returncode, unknown.stderr) == (1, "Found no workspace 'none'.\n")
    assert unread.returncode == 2
    assert "Found no checkpoint in" in unread.stderr
