"""The page in an archive, opened from disk in a real browser without a network."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bagkit.archive import ExpectedWorkspace
from tests import services
from tests.functional.browsers import ARGUMENTS, PATIENCE_MILLISECONDS, look_at
from tests.unit.packing.bags import TOP, write

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='run'>"
NOTEBOOK = '{"cells": [{"cell_type": "code", "source": ["import this"]}]}'
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944"
    "4154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    services.require_service("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=services.find_chromium(), args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    yield page
    page.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("file:")] == []


def make_archive(folder: Path, students: int) -> Path:
    """Write and unpack an archive of a few real workspaces and many empty ones."""
    root = folder / "work"
    root.mkdir()
    (root / "main.py").write_text('# a comment\nfor x in range(3):\n    print("hi")\n')
    (root / "notes.ipynb").write_text(NOTEBOOK)
    (root / "picture.png").write_bytes(PIXEL)
    (root / f"{HOSTILE.replace('/', '')}.txt").write_text(HOSTILE)
    (root / "filler.bin").write_bytes(bytes(range(256)) * 4000)
    (root / "noise.zip").write_bytes(b"PK\x03\x04" + os.urandom(200_000))
    workspaces = [
        ExpectedWorkspace(
            assignment="lab1",
            username=f"s{number:04}" if number else HOSTILE,
            root=root if number < 3 else None,
        )
        for number in range(students)
    ]
    workspaces[-1] = ExpectedWorkspace(
        assignment="lab1", username="gone", root=folder / "nowhere"
    )
    write(folder / "it.zip", workspaces)
    with zipfile.ZipFile(folder / "it.zip") as archive:
        archive.extractall(folder / "out")
    return folder / "out" / TOP / "index.html"


def test_it_shows_everything_and_runs_nothing(page: Page, tmp_path: Path) -> None:
    page.goto(make_archive(tmp_path, 5).as_uri())

    expect(page.get_by_role("heading", name="Problems")).to_be_visible()
    expect(page.get_by_text("workspace-missing")).to_be_visible()
    faults = look_at(page, "viewer-problems")
    page.get_by_role("button", name="Workspaces").click()
    faults += look_at(page, "viewer-workspaces")
    page.get_by_role("button", name="6 files").first.click()
    page.get_by_role("button", name="main.py").click()
    expect(page.locator("code .k", has_text="for")).to_have_count(1)
    expect(page.locator("code .c")).to_have_text("# a comment")
    faults += look_at(page, "viewer-file")
    page.get_by_role("button", name="notes.ipynb").click()
    expect(page.get_by_text("import this")).to_be_visible()
    page.get_by_role("button", name="picture.png").click()
    expect(page.locator("main img")).to_have_js_property("naturalWidth", 1)
    page.get_by_role("button", name="_img src").click()

    assert page.title() == "CS101: Course Data"
    assert faults == []


def test_five_thousand_students_stay_usable(page: Page, tmp_path: Path) -> None:
    page.goto(make_archive(tmp_path, 5000).as_uri())
    page.get_by_role("button", name="Workspaces").click()

    expect(page.get_by_text("200 of 5000 rows")).to_be_visible()
    page.get_by_role("searchbox").fill("s4321")
    expect(page.get_by_text("1 of 1 rows")).to_be_visible()
    expect(page.get_by_role("rowheader", name="s4321")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Student", exact=True).click()
    page.get_by_role("button", name="Student", exact=True).click()
    expect(page.get_by_role("rowheader").first).to_have_text("s4998")
    assert look_at(page, "viewer-5000") == []
