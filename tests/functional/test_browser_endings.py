"""The end of a course in a real browser: archived, deleted, and brought back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import TEACHER, Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ending_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("ending")) as running:
        running.load_sample(students=2)
        running.serve()
        yield running


def test_the_day_of_archiving_is_chosen_and_taken_back(
    ending_site: Site, page: Page
) -> None:
    sign_in(page, ending_site, TEACHER)
    page.goto(f"{ending_site.base_url}/courses/1/admin/")
    expect(page.get_by_text("On a day that you choose")).to_be_visible()

    page.get_by_label("Day from which it is archived").fill("2199-06-30")
    page.get_by_role("button", name="Save day").click()
    expect(page.get_by_text("It will be archived on 30 Jun 2199")).to_be_visible()
    faults = look_at(page, "course-admin-planned")
    page.get_by_label("Day from which it is archived").fill("")
    page.get_by_role("button", name="Save day").click()
    expect(page.get_by_text("On a day that you choose")).to_be_visible()

    assert faults == []


def test_a_course_is_deleted_and_brought_back(ending_site: Site, page: Page) -> None:
    sign_in(page, ending_site, TEACHER)
    page.goto(f"{ending_site.base_url}/courses/1/admin/")
    page.get_by_label("Type make read-only").fill("make read-only")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("It is archived")).to_be_visible()
    faults = look_at(page, "course-admin-archived")
    page.get_by_role("button", name="Unarchive").click()
    page.get_by_role("link", name="Delete…").click()
    expect(
        page.get_by_text("No verified export of this course exists.")
    ).to_be_visible()
    faults += look_at(page, "course-delete")
    page.get_by_role("button", name="Export first").click()
    page.get_by_text("Complete").first.wait_for(timeout=60_000)
    page.goto(f"{ending_site.base_url}/courses/1/delete/")
    expect(page.get_by_text("6 expected = ")).to_be_visible()
    faults += look_at(page, "course-delete-covered")
    page.get_by_label("Please type").fill('delete course "CS101"')
    page.get_by_role("button", name="Delete Course Only").click()
    expect(page.get_by_text("It can be brought back for 30 days.")).to_be_visible()
    page.get_by_role("link", name="Deleted").click()
    faults += look_at(page, "courses-deleted")
    page.get_by_role("button", name="Bring CS101 back").click()
    expect(page.get_by_text("CS101 is back.")).to_be_visible()

    assert faults == []
