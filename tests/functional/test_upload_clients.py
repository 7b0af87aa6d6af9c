"""Resumable uploads by a client of others: npm's tus-js-client, which breaks off."""

import json
import os
import re
import subprocess
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests import services
from tests.fakes.consumers import NODE_FOLDER
from tests.functional.sites import PASSWORD, STUDENT, WORKSPACE, Site, wait_until

UPLOADER = Path(__file__).parents[1] / "fakes" / "upload_by_tus.js"
SLICE_BYTES = 4_000_000
DIED = 9
TABLE = "project_imports_projectimport"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of the client: where its bytes began, and where it stood after."""

    method: str
    begins: str | None
    status: int
    stands: str | None


@dataclass(frozen=True, slots=True)
class Uploader:
    """The client of one person and one file; what it remembers outlives its death."""

    asked: dict[str, object]

    def run(self, *, dies: bool = False) -> tuple[int, list[Request]]:
        """Run it once and return its exit status and what it asked."""
        done = subprocess.run(  # noqa: S603 - a script of ours
            ["node", str(UPLOADER), str(NODE_FOLDER)],  # noqa: S607 - wherever it is
            input=json.dumps({**self.asked, "dies": dies}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        return done.returncode, [Request(**json.loads(line)) for line in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "snake.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("snake/noise.bin", os.urandom(3 * SLICE_BYTES))
    return path


@pytest.fixture
def uploader(site: Site, file: Path, tmp_path: Path) -> Uploader:
    if not (NODE_FOLDER / "node_modules" / "tus-js-client").exists():
        services.skip_or_fail("tus-js-client is not installed; .ci/prepare does it")
    ((slug,),) = site.query(
        f"SELECT slug FROM people_workspace WHERE name = '{WORKSPACE}'"  # noqa: S608
    )
    return Uploader(
        {
            "endpoint": f"{site.base_url}/imports/uploads/",
            "path": str(file),
            "memory": str(tmp_path / "memory.json"),
            "headers": sign_in(site),
            "metadata": {"filename": file.name, "workspace": str(slug)},
            "sliceBytes": SLICE_BYTES,
        }
    )


def sign_in(site: Site) -> dict[str, str]:
    """Sign in as the student; return the headers that a page of theirs would send."""
    with httpx.Client(base_url=site.base_url, follow_redirects=True) as browser:
        form = {"login": STUDENT, "password": PASSWORD}
        sent = {**form, "csrfmiddlewaretoken": read_token(browser, "/accounts/login/")}
        assert browser.post("/accounts/login/", data=sent).status_code == 200
        token = read_token(browser, "/projects/new/")
        cookies = "; ".join(
            f"{name}={value}" for name, value in browser.cookies.items()
        )
        return {"Cookie": cookies, "X-CSRFToken": token}


def read_token(browser: httpx.Client, page: str) -> str:
    found = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text
    )
    assert found is not None
    return found[1]


def find_import(site: Site, size_bytes: int) -> tuple[str, Path]:
    """Return the state of the import of that size, and where its bytes are."""
    ((job, state),) = site.query(
        f"SELECT id, state FROM {TABLE} WHERE size_bytes = {size_bytes}"  # noqa: S608
    )
    folder = site.folder / "var" / "uploads" / str(uuid.UUID(str(job)))
    return str(state), folder / "upload"


def test_a_client_of_others_that_died_goes_on_where_it_broke_off(
    site: Site, file: Path, uploader: Uploader
) -> None:
    broken, first = uploader.run(dies=True)
    whole, rest = uploader.run()

    size_bytes = file.stat().st_size
    assert [(r.method, r.begins, r.status) for r in first] == [
        ("POST", None, 201),
        ("PATCH", "0", 204),
    ]
    assert broken == DIED
    # The server may not have noticed the death yet: then the client asks again.
    asks = [request for request in rest if request.method == "HEAD"]
    slices = [request for request in rest if request.status == 204]
    assert SLICE_BYTES <= int(asks[0].stands or 0) < 2 * SLICE_BYTES
    assert slices[0].begins == asks[-1].stands
    assert (whole, slices[-1].stands) == (0, str(size_bytes))
    _state, received = find_import(site, size_bytes)
    assert received.read_bytes() == file.read_bytes()
    wait_until(lambda: find_import(site, size_bytes)[0] == "checked", "the check")
