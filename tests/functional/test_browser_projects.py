"""Projects in a real browser: looking around, taking one out, switching its stack."""

import zipfile

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, STUDENT, TEACHER, Site, wait_until

pytestmark = pytest.mark.browser


def test_a_student_looks_around_and_takes_a_project_out(site: Site, page: Page) -> None:
    sign_in(page, site, STUDENT)
    page.get_by_role("link", name="My projects").click()
    expect(page.get_by_role("heading", name="My projects")).to_be_visible()
    faults = look_at(page, "projects")
    open_work(page)
    expect(page.locator("#project-files table")).to_be_visible()
    faults += look_at(page, "project-files")
    page.locator("#project-files a", has_text="run.sh").click()
    expect(page.locator("pre.code")).to_be_visible()
    faults += look_at(page, "project-file")
    page.go_back()
    expect(page.locator("#project-files table")).to_be_visible()
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Export as ZIP").click()

    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        assert any(name.endswith("/run.sh") for name in archive.namelist())
    assert faults == []


def test_a_teacher_opens_a_project_read_only(site: Site, page: Page) -> None:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.locator("main table a").first.click()
    page.locator("section table a").first.click()

    expect(page.get_by_text("read-only")).to_be_visible()
    expect(page.get_by_role("button", name="Switch")).to_have_count(0)


def test_stacks_are_kept_and_switched(site: Site, page: Page) -> None:
    sign_in(page, site, ADMIN)
    page.get_by_role("link", name="Stacks").click()
    page.get_by_text("Add Stack", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Jupyter")
    page.get_by_label("Version").fill("2026")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The stack was added.")).to_be_visible()
    faults = look_at(page, "stacks")
    page.get_by_role("link", name="Jupyter 2026").click()
    page.get_by_label("Languages").fill("Python, R")
    faults += look_at(page, "stack")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Python, R")).to_be_visible()
    page.context.clear_cookies()

    sign_in(page, site, STUDENT)
    page.goto(f"{site.base_url}/projects/")
    open_work(page)
    page.get_by_label("The stack that this project is opened with").select_option(
        "Jupyter 2026"
    )
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_text("The stack was switched.")).to_be_visible()
    assert faults == []


def test_a_student_takes_out_what_is_theirs_and_sees_who_did(
    site: Site, page: Page
) -> None:
    sign_in(page, site, TEACHER)
    page.goto(f"{site.base_url}/courses/1/admin/exports/")
    expect(page.get_by_text("Students can see who exported their data")).to_be_visible()
    page.get_by_label("Purpose").fill("End of term")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Started. You can leave this page")).to_be_visible()
    page.context.clear_cookies()

    sign_in(page, site, STUDENT)
    page.get_by_role("link", name="My data").click()
    wait_until_shown(page, site, page.get_by_text("End of term"))
    page.get_by_role("button", name="Export my data").click()
    expect(page.get_by_text("Started. You can leave this page")).to_be_visible()
    faults = look_at(page, "my-data")

    page.get_by_role("link", name="Export with options…").first.click()
    faults += look_at(page, "my-data-options")

    wait_until_shown(page, site, page.locator(".export-row .pill", has_text="Ready"))
    page.locator(".export-row a.row-name").first.click()
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        assert any("profile.csv" in name for name in archive.namelist())
    assert faults == []


def open_work(page: Page) -> None:
    """Open the first project of the course, whatever else the student has imported."""
    page.locator("main table tr", has_text="CS101").locator("a").first.click()


def wait_until_shown(page: Page, site: Site, what: Locator) -> None:
    """Open *My data* again and again until something is on it."""

    def is_shown() -> bool:
        page.goto(f"{site.base_url}/my-data/")
        return bool(what.count())

    wait_until(is_shown, f"{what} on My data")
