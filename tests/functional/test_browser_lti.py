"""LTI set up and launched in a real browser, from a real platform on loopback."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.platform import FakePlatform, LaunchWish, running_platform
from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, TEACHER, Site, wait_until

pytestmark = pytest.mark.browser

SLUG = "example-university"
LABELS = {
    "Name": "Campus",
    "Issuer (platform ID)": "issuer",
    "Client ID": "client_id",
    "Deployment ID": "deployment_id",
    "Public key set URL": "key_set_url",
    "Authentication request URL": "login_url",
    "Access token URL (for the roster; may be empty)": "token_url",
}


@pytest.fixture(scope="module")
def platform(site: Site) -> Iterator[FakePlatform]:
    with running_platform(site.base_url) as running:
        yield running


def add_platform(page: Page, site: Site, platform: FakePlatform) -> list[str]:
    sign_in(page, site, ADMIN)
    page.goto(f"{site.base_url}/workspaces/{SLUG}/lti/")
    faults = look_at(page, "lti-empty")
    page.get_by_text("Add Platform", exact=True).click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    faults += look_at(page, "lti-fault")
    for label, name in LABELS.items():
        page.get_by_label(label, exact=True).fill(platform.addresses.get(name, name))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The platform was added.")).to_be_visible()
    return faults


def switch_on(page: Page, site: Site) -> list[str]:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    page.get_by_label("Enable LTI").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The LTI settings were saved.")).to_be_visible()
    expect(page.get_by_text("LTI Settings", exact=True)).to_be_visible()
    return look_at(page, "course-admin-lti")


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def find_url(page: Page, site: Site) -> str:
    page.goto(f"{site.base_url}/courses/1/assignments/1/")
    shown = page.locator("dd code").first
    expect(shown).to_contain_text("/lti/")
    return shown.inner_text()


def test_a_platform_is_set_up_and_a_student_is_launched(
    site: Site, page: Page, platform: FakePlatform
) -> None:
    faults = add_platform(page, site, platform)
    page.get_by_placeholder("Name, for instance of the platform").fill("Old campus")
    page.get_by_role("button", name="Make Key").click()
    expect(page.get_by_text("Its secret is shown this once")).to_be_visible()
    faults += look_at(page, "lti-key")
    page.reload()
    expect(page.get_by_text("Its secret is shown this once")).to_have_count(0)
    sign_out(page)
    faults += switch_on(page, site)
    url = find_url(page, site)
    faults += look_at(page, "assignment-lti")
    sign_out(page)

    platform.wish = LaunchWish(target=url, subject="zoe", email="zoe@campus.example")
    page.goto(f"{platform.url}/start")
    expect(page.get_by_role("heading", name="Project")).to_be_visible()
    faults += look_at(page, "project")
    page.goto(f"{site.base_url}/courses/")

    assert faults == []
    wait_until(
        lambda: kinds_of(site, "zoe") == ["Log In", "Project Open", "Project Close"],
        "the visit to be recorded",
    )


def kinds_of(site: Site, name: str) -> list[object]:
    return [
        kind
        for (kind,) in site.query(
            "SELECT access_type FROM activity_accessevent e "  # noqa: S608 - a test's own
            f"JOIN people_user u ON u.id = e.user_id WHERE u.username = '{name}' "
            "ORDER BY occurred_at"
        )
    ]


def test_a_refused_launch_says_what_to_check(site: Site, browser: Browser) -> None:
    page = browser.new_page()  # whose console may complain of the status
    with running_platform(site.base_url) as unknown:
        unknown.wish = LaunchWish(target=f"{site.base_url}/lti/nowhere")
        page.goto(f"{unknown.url}/start")

        expect(page.get_by_text("This launch was refused").first).to_be_visible()
        expect(page.get_by_text("A workspace admin has to add it")).to_be_visible()
        assert look_at(page, "launch-refused") == []
    page.close()
