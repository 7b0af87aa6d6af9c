"""``bookbag export`` against a server, over good lines and bad ones."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional.lines import BadLine
from tests.functional.sites import STUDENT, TEACHER, Site, wait_until
from tests.services import require_program

EXPIRED = "UPDATE exports_export SET expires_at = '2026-01-01' WHERE id = '{}'"
NOBODY = "http://127.0.0.1:1"
HEAD_BYTES = 2000
"""More than the headers of an answer have, so that a cut is in the file."""


@dataclass(frozen=True)
class Teacher:
    """A teacher at a machine of their own, with a token for the site."""

    site: Site
    folder: Path
    token: str

    def run(
        self, *arguments: str, server: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "BOOKBAG_VAR": str(self.folder / "var"),
            "BOOKBAG_SERVER": server or self.site.base_url,
            "BOOKBAG_TOKEN": self.token,
        }
        done = self.site.run(*arguments, environment=environment | variables)
        assert self.token not in done.stdout + done.stderr
        return done

    def start(self, *arguments: str, server: str) -> "subprocess.Popen[bytes]":
        environment = {"BOOKBAG_SERVER": server, "BOOKBAG_TOKEN": self.token}
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "bookbag", *arguments],
            env=self.site.environment | environment,
        )


@dataclass(frozen=True)
class Archive:
    """An export of the site that is ready."""

    id: str
    sha256: str
    size_bytes: int


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of these tests alone: they look at what is exported first."""
    with Site(tmp_path_factory.mktemp("site")) as running:
        running.load_sample(students=6)
        running.serve()
        yield running


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    done = site.run("token", "create", TEACHER, "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["token"])


@pytest.fixture
def teacher(site: Site, token: str, tmp_path: Path) -> Teacher:
    return Teacher(site, tmp_path, token)


@pytest.fixture(scope="module")
def archive(
    site: Site, token: str, tmp_path_factory: pytest.TempPathFactory
) -> Archive:
    folder = tmp_path_factory.mktemp("first")
    arguments = ("export", "course-data", "--course=CS101", "--json")
    done = Teacher(site, folder, token).run(*arguments, f"--output={folder}/it.zip")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["export"]
    return Archive(found["id"], found["sha256"], found["size_bytes"])


@pytest.fixture
def offsets(archive: Archive) -> list[int]:
    """Where the line breaks, from the connection's first byte: anywhere."""
    least, most = HEAD_BYTES, archive.size_bytes // 6
    return [random.randint(least, most) for _cut in range(4)]  # noqa: S311 - places


def part_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.part"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_any_line_may_break_and_the_file_is_the_same(
    teacher: Teacher, archive: Archive, offsets: list[int]
) -> None:
    target = teacher.folder / "it.zip"
    # The first connection asks what there is, the next ones carry the file.
    with BadLine(teacher.site.port, offsets) as line:
        done = teacher.run("export", archive.id, "-o", str(target), server=line.url)

        assert (done.returncode, done.stderr) == (0, "")
        assert line.cuts_left == 0
    assert digest(target) == archive.sha256
    assert "Signature: valid." in done.stdout
    # Nothing was fetched twice but what each cut cost, and the small answers.
    assert sum(line.carried) < archive.size_bytes + 100_000
    assert list(teacher.folder.glob("*.part*")) == []


def test_the_same_command_goes_on_after_it_was_killed(
    teacher: Teacher, archive: Archive
) -> None:
    asked = ("export", "course-data", "--course=CS101", f"--output={teacher.folder}")
    half = archive.size_bytes // 2
    with BadLine(teacher.site.port, [half] * 50, stalls=True) as line:
        killed = teacher.start(*asked, server=line.url)
        wait_until(lambda: part_bytes(teacher.folder) > 0, "some of the file")
        killed.kill()
        killed.wait()
    left = archive.size_bytes - part_bytes(teacher.folder)
    with BadLine(teacher.site.port, []) as line:
        done = teacher.run(*asked, "--json", server=line.url)

    assert 0 < left < archive.size_bytes
    assert done.returncode == 0, done.stderr
    saved = Path(json.loads(done.stdout)["file"])
    assert json.loads(done.stdout)["export"]["sha256"] == digest(saved)
    assert left <= sum(line.carried) < left + 100_000
    assert part_bytes(teacher.folder) == 0


@pytest.mark.parametrize("program", ["curl", "wget"])
def test_programs_of_others_go_on_with_it_too(
    teacher: Teacher, archive: Archive, offsets: list[int], program: str
) -> None:
    path = require_program(program)
    target = teacher.folder / "it.zip"
    header = f"Authorization: Bearer {teacher.token}"
    if program == "curl":
        header = f'"{header}"'
    # In a file, for a list of processes is read by everybody.
    (teacher.folder / "header").write_text(f"header = {header}\n")
    with BadLine(teacher.site.port, offsets) as line:
        url = f"{line.url}/api/v1/exports/{archive.id}/file"
        command = {
            "curl": [path, "-sS", "-f", "-C", "-", "-K", "header", "-o", str(target)],
            "wget": [path, "-q", "-c", "-t", "1", "--config=header", "-O", str(target)],
        }[program]
        for _try in range(len(offsets) + 1):
            done = subprocess.run([*command, url], cwd=teacher.folder, check=False)  # noqa: S603 - a program of this machine

        assert done.returncode == 0
        assert line.cuts_left == 0
    assert digest(target) == archive.sha256


def test_tables_come_with_their_receipt_and_pass_without_the_server(
    teacher: Teacher,
) -> None:
    teacher.folder.joinpath("files").mkdir()
    key = teacher.site.folder / "var" / "receipt-key.pem"
    asked = ("user-access", "--course=CS101", "--option=dialect=jsonl")

    done = teacher.run("export", *asked, f"--output={teacher.folder}/files", "--json")
    found = json.loads(done.stdout)
    verified = teacher.run("verify", found["file"], BOOKBAG_RECEIPT_KEY=str(key))

    assert (done.returncode, done.stderr) == (0, "")
    assert found["receipt_file"] == f"{found['file']}.receipt.json"
    assert verified.returncode == 0
    assert "WHOLE: every byte" in verified.stdout


def test_each_outcome_has_its_status(teacher: Teacher, archive: Archive) -> None:
    site = teacher.site
    asked = ("export", "user-access", "--course=CS101", f"--output={teacher.folder}")
    short = json.loads(teacher.run(*asked, "--json").stdout)["export"]["id"]
    site.query(EXPIRED.format(short.replace("-", "")))
    student = json.loads(site.run("token", "create", STUDENT, "--json").stdout)["token"]
    outcomes = {
        "expired": teacher.run("export", short).returncode,
        "unknown": teacher.run("export", "00000000" + archive.id[8:]).returncode,
        "no right": teacher.run("export", archive.id, BOOKBAG_TOKEN=student).returncode,
        "no token": teacher.run("export", "users", BOOKBAG_TOKEN="").returncode,
        "bad token": teacher.run(
            "export", archive.id, BOOKBAG_TOKEN="x" * 40
        ).returncode,
        "bad option": teacher.run(
            "export", "user-access", "--course=CS101", "--option=since=soon"
        ).returncode,
        "nobody there": teacher.run("exports", server=NOBODY).returncode,
    }

    assert outcomes == {
        "expired": 8,
        "unknown": 4,
        "no right": 4,
        "no token": 2,
        "bad token": 4,
        "bad option": 4,
        "nobody there": 9,
    }


def test_the_list_shows_what_the_token_may_see(
    teacher: Teacher, archive: Archive
) -> None:
    listed = json.loads(teacher.run("exports", "--json").stdout)["exports"]
    one = teacher.run("exports", archive.id)

    assert archive.id in [row["id"] for row in listed]
    # Whoever only asks a server needs no data of Bookbag's at their machine.
    assert list(teacher.folder.iterdir()) == []
    assert f"sha256            {archive.sha256}" in one.stdout
