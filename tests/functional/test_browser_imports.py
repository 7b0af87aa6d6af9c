"""Importing in a real browser: dropped, by keyboard, broken off, and refused."""

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, STUDENT, WORKSPACE, Site
from tests.unit.archive.malicious import zipped
from tests.unit.packing.bags import expect as expected
from tests.unit.packing.bags import write

pytestmark = pytest.mark.browser

DROP = """
({name, bytes}) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  const zone = document.querySelector("[data-dropzone]");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true }));
  }
}
"""


@pytest.fixture
def student(site: Site, page: Page) -> Page:
    sign_in(page, site, STUDENT)
    page.goto(f"{site.base_url}/projects/")
    page.get_by_role("link", name="New project").click()
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    return page


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """An archive of two students' work, with names that no other system takes."""
    roots = {}
    for name in ("ada", "ben"):
        roots[name] = tmp_path / name
        (roots[name] / "empty").mkdir(parents=True)
        (roots[name] / "main.py").write_text(f"print('{name}')\n")
        (roots[name] / "CON").write_text("odd")
        (roots[name] / "line\nbreak").write_text("odd")
    write(tmp_path / "course.zip", expected(roots))
    return tmp_path / "course.zip"


def test_a_folder_that_is_dropped_becomes_a_project(student: Page) -> None:
    faults = look_at(student, "import-upload")
    content = zipped(b"snake/main.py", b"snake/.hidden", b"__MACOSX/snake/._main.py")

    student.evaluate(DROP, {"name": "snake.zip", "bytes": list(content)})
    expect(student.get_by_text("Nothing is wrong with it")).to_be_visible()
    faults += look_at(student, "import-choose-one")
    expect(student.get_by_text("__MACOSX is left out")).to_be_visible()
    student.get_by_label("Name", exact=True).fill("My snake")
    student.get_by_label("Description").fill("A game for two")
    student.get_by_role("button", name="Import", exact=True).click()
    expect(student.get_by_text("The project is there.")).to_be_visible()
    faults += look_at(student, "import-done")
    student.get_by_role("link", name="My snake: Open").click()

    expect(student.get_by_role("heading", name="My snake")).to_be_visible()
    expect(student.locator("#project-files")).to_contain_text(".hidden")
    expect(student.get_by_text("A game for two")).to_be_visible()
    faults += look_at(student, "own-project")
    assert faults == []


def test_workspaces_of_an_archive_are_chosen_by_keyboard(
    student: Page, bag: Path
) -> None:
    student.locator("#file").set_input_files(bag)
    expect(student.get_by_text("2 workspaces of a Bookbag archive")).to_be_visible()
    student.get_by_text("names come back as they were").click()
    expect(student.get_by_text(r"line\x0abreak").first).to_be_visible()
    faults = look_at(student, "import-choose-many")

    box = student.get_by_role("checkbox", name="ben")
    box.focus()
    student.keyboard.press("Space")
    expect(box).to_be_checked()
    student.get_by_role("button", name="Import", exact=True).focus()
    student.keyboard.press("Enter")

    expect(student.get_by_text("The project is there.")).to_be_visible()
    student.get_by_role("link", name="lab1 (ben): Open").click()
    for name in ("CON", r"line\x0abreak", "empty/", "main.py"):
        expect(student.locator("#project-files")).to_contain_text(name)
    expect(student.get_by_text("Private: only you")).to_be_visible()
    assert faults == []


def test_a_refused_archive_is_explained_and_too_large_a_file_is_not_uploaded(
    student: Page, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "evil.zip").write_bytes(zipped(b"../evil"))
    student.locator("#file").set_input_files(tmp_path / "evil.zip")

    expect(student.get_by_text("This archive was refused.")).to_be_visible()
    expect(student.get_by_text("expected none: '../evil'")).to_be_visible()
    faults = look_at(student, "import-refused")
    student.get_by_role("link", name="Import another file").click()
    student.evaluate(
        "document.querySelector('[data-allowed-bytes]').dataset.allowedBytes = 10"
    )
    student.locator("#file").set_input_files(tmp_path / "evil.zip")
    expect(student.locator("#fault")).to_contain_text("there is room for 10 bytes")
    faults += look_at(student, "import-too-large")
    assert faults == []
    assert site.query("SELECT count(*) FROM courses_project WHERE name = 'evil'") == [
        (0,)
    ]


def test_a_file_that_was_chosen_before_the_script_had_loaded_is_uploaded(
    student: Page, bag: Path
) -> None:
    def choose_first(route: Route) -> None:
        student.locator("#file").set_input_files(bag)
        route.continue_()

    # The script comes only once the file is chosen, however fast the line is.
    student.route(re.compile(r"/upload[^/]*\.js"), choose_first, times=1)
    student.goto(student.url, wait_until="commit")

    expect(student.get_by_text("2 workspaces of a Bookbag archive")).to_be_visible()


@pytest.fixture
def shaky(browser: Browser) -> Iterator[Page]:
    """A page whose console may complain: its connection breaks."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_an_upload_that_broke_off_goes_on_by_itself(
    site: Site, shaky: Page, tmp_path: Path
) -> None:
    (tmp_path / "large.tar").write_bytes(_tar_of(bytes(20_000_000)))  # three slices
    offsets: list[str] = []

    def break_second(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "")
        if route.request.method == "PATCH":
            offsets.append(offset)
            if len(offsets) == 2:
                route.abort("connectionreset")
                return
        route.continue_()

    sign_in(shaky, site, ADMIN)
    shaky.goto(f"{site.base_url}/projects/new/")
    shaky.route(re.compile("/imports/uploads/"), break_second)
    shaky.locator("#file").set_input_files(tmp_path / "large.tar")

    expect(shaky.get_by_text("Nothing is wrong with it")).to_be_visible()
    slice_bytes = 8 * 1024 * 1024
    assert offsets[:3] == ["0", str(slice_bytes), str(slice_bytes)]
    assert WORKSPACE in shaky.content()


def test_an_upload_goes_on_when_the_page_was_closed_meanwhile(
    site: Site, shaky: Page, tmp_path: Path
) -> None:
    (tmp_path / "later.tar").write_bytes(_tar_of(bytes(12_000_000)))
    sign_in(shaky, site, ADMIN)
    shaky.goto(f"{site.base_url}/projects/new/")
    url = re.compile("/imports/uploads/")
    shaky.route(
        url,
        lambda route: (
            route.abort()
            if route.request.headers.get("upload-offset", "0") != "0"
            else route.continue_()
        ),
    )
    shaky.locator("#file").set_input_files(tmp_path / "later.tar")
    expect(shaky.get_by_text("The connection broke.")).to_be_visible()

    shaky.unroute(url)
    shaky.goto(f"{site.base_url}/projects/new/")
    expect(shaky.get_by_role("heading", name="Not finished yet")).to_be_visible()
    expect(shaky.locator(".pill", has_text="Uploading").first).to_be_visible()
    faults = look_at(shaky, "import-open")
    with shaky.expect_request(lambda request: request.method == "PATCH") as first:
        shaky.locator("#file").set_input_files(tmp_path / "later.tar")

    assert first.value.headers["upload-offset"] == str(8 * 1024 * 1024)
    assert faults == []
    expect(shaky.get_by_text("Nothing is wrong with it")).to_be_visible()


def _tar_of(content: bytes) -> bytes:
    member = tarfile.TarInfo("large/file")
    member.size = len(content)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
