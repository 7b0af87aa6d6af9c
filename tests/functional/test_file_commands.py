"""Commands about downloaded files, and how every command prints."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.sites import Site
from tests.functional.terminals import run_in_terminal
from tests.services import require_program
from tests.unit.archive.malicious import LINK, ZipForge

COLOUR = "\x1b["


def unpack(site: Site, archive: bytes, *options: str) -> tuple[int, str, str]:
    path = site.folder / "it.zip"
    path.write_bytes(archive)
    target = site.folder / "target" / "new"
    target.parent.mkdir(exist_ok=True)
    done = site.run("unpack", str(path), str(target), *options)
    return done.returncode, done.stdout, done.stderr


def test_unpacking_writes_what_is_in_the_archive(empty_site: Site) -> None:
    archive = ZipForge().add(b"top/one.txt", b"1").add(b"top/in/two.txt", b"22")

    status, out, _err = unpack(empty_site, archive.build(), "--json")

    new = empty_site.folder / "target" / "new"
    assert status == 0
    assert (new / "top" / "in" / "two.txt").read_bytes() == b"22"
    assert json.loads(out) == {
        "folder": str(new),
        "file_count": 2,
        "folder_count": 2,
        "link_count": 0,
        "size_bytes": 3,
    }


def test_a_link_of_a_student_leads_nobody_into_the_home_of_a_teacher(
    empty_site: Site,
) -> None:
    home = empty_site.folder / "home" / ".ssh"
    home.mkdir(parents=True)
    kept = home / "authorized_keys"
    kept.write_text("the teacher's own")
    by_link = ZipForge().add(b"student-A/x", bytes(home), mode=LINK)
    by_link.add(b"student-A/x/authorized_keys", b"the student's")

    status, _out, err = unpack(empty_site, by_link.build())

    assert status == 4
    assert "student-A/x" in err
    assert "Nothing was unpacked from 'it.zip'" in err
    assert kept.read_text() == "the teacher's own"
    assert list((empty_site.folder / "target").iterdir()) == []


def test_nothing_is_unpacked_over_what_is_there(empty_site: Site) -> None:
    (empty_site.folder / "target" / "new").mkdir(parents=True)

    status, _out, err = unpack(empty_site, ZipForge().add(b"a").build(), "--json")

    assert status == 4
    found = json.loads(err)["error"]
    assert (found["code"], found["exit"]) == ("unpack_refused", 4)
    assert "Found something there already, expected nothing: 'new'" in found["message"]


def test_verify_prints_one_document_for_programs(empty_site: Site) -> None:
    path = empty_site.folder / "it.zip"
    path.write_bytes(b"not a ZIP")

    done = empty_site.run("verify", str(path), "--json")

    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1, "")
    assert (report["file"], report["is_whole"]) == (str(path), False)
    assert report["findings"][0]["code"] == "not-an-archive"


def test_a_key_that_is_none_is_an_error_and_no_trace(empty_site: Site) -> None:
    key = empty_site.folder / "key"
    key.write_text("no key")

    done = empty_site.run("verify", str(key), f"--key={key}")

    assert done.returncode == 4
    assert done.stderr.startswith("Error: Found no key, expected an Ed25519 public key")


def test_loading_and_checking_tell_programs_the_same_as_people(
    empty_site: Site,
) -> None:
    course = empty_site.folder / "course"
    empty_site.migrate()

    sample = empty_site.run("sample", str(course), "--students=2", "--json")
    load = empty_site.run("load", str(course), "--json")
    check = empty_site.run("check", "--json")

    assert json.loads(sample.stdout)["student_count"] == 2
    loaded = json.loads(load.stdout)
    assert (loaded["is_dry_run"], loaded["course"]) == (False, "CS101")
    assert {"kind", "created", "removed"} <= loaded["changes"][0].keys()
    assert json.loads(check.stdout)["is_ok"] is True
    assert sample.stderr + load.stderr + check.stderr == ""


def test_colours_are_for_terminals_without_no_color(empty_site: Site) -> None:
    arguments = ("verify", str(empty_site.folder / "missing.zip"))

    piped = empty_site.run(*arguments)
    _status, shown = run_in_terminal(empty_site, *arguments)
    _status, plain = run_in_terminal(empty_site, *arguments, NO_COLOR="1")

    assert COLOUR not in piped.stdout + piped.stderr
    assert f"{COLOUR}1;31mError:" in shown
    assert f"{COLOUR}1;31m" not in plain
    assert "Error:" in plain


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_every_shell_gets_a_script(empty_site: Site, shell: str) -> None:
    done = empty_site.run("completion", shell)

    assert (done.returncode, done.stderr) == (0, "")
    assert "_BOOKBAG_COMPLETE" in done.stdout


def test_bash_completes_commands_and_options(empty_site: Site) -> None:
    bash = require_program("bash")
    script = """
        source <(bookbag completion bash)
        ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                _bookbag_completion bookbag; echo "${COMPREPLY[@]}"; }
        ask bookbag ver; ask bookbag verify --k
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    done = subprocess.run(  # noqa: S603 - our own script
        [bash, "-c", script],
        env=empty_site.environment | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["verify", "--key"]
