"""With class terms the same pages, mails and files speak of classes and units."""

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import TEACHER, Site, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def class_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("classes")
    with Site(folder, BOOKBAG_TERMS="class") as running:
        running.load_sample(students=3)
        running.serve()
        yield running


def test_a_teacher_exports_class_data(class_site: Site, page: Page) -> None:
    site = class_site
    sign_in(page, site, TEACHER)
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()
    page.get_by_role("link", name="CS101").first.click()
    expect(page.get_by_role("heading", name="Units")).to_be_visible()
    page.locator("summary", has_text="Options").first.click()
    expect(page.get_by_role("button", name="Export Unit Data").first).to_be_visible()
    faults = look_at(page, "class-overview")
    page.get_by_role("link", name="Admin").click()
    faults += look_at(page, "class-admin")
    page.get_by_role("link", name="Class Data: Export links").click()
    expect(page.get_by_role("heading", name="Class Export Links")).to_be_visible()
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("dialog").get_by_text("Ready").first.wait_for(timeout=60_000)
    faults += look_at(page, "class-dialog")

    mail = read_mail(page, site)
    words = page.locator("body").inner_text().lower()
    assert faults == []
    assert "Your class data for “CS101” is ready" in mail
    assert "course" not in words + mail.lower()


def test_user_access_data_has_units(class_site: Site, page: Page) -> None:
    sign_in(page, class_site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Download CSV: User access data").click()
    text = started.value.path().read_text(encoding="utf-8")

    (head, *_) = csv.reader(io.StringIO(text, newline=""))
    assert "unit_name" in head
    assert "assignment_name" not in head


def read_mail(page: Page, site: Site) -> str:
    mails = page.locator("main table a")

    def has_arrived() -> bool:
        page.goto(f"{site.base_url}/sent-mail/")
        return bool(mails.count())

    wait_until(has_arrived, "the mail to arrive")
    mails.first.click()
    expect(page.get_by_text("This mail holds no data").first).to_be_visible()
    return page.locator("main").inner_text()
