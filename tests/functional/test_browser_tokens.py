"""Access tokens and API clients in a real browser, and a client used right after."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, Site

pytestmark = pytest.mark.browser

SLUG = "example-university"


def test_a_token_is_made_shown_once_and_revoked(site: Site, page: Page) -> None:
    sign_in(page, site, ADMIN)
    page.get_by_label("Account").click()
    page.get_by_role("link", name="Access tokens").click()
    expect(page.get_by_text("No token yet")).to_be_visible()
    faults = look_at(page, "tokens-empty")
    page.get_by_text("New Token", exact=True).click()
    page.get_by_label("Name").fill("Nightly export")
    page.get_by_role("button", name="Make Token").click()
    expect(page.get_by_text("Found no scope, expected some of")).to_be_visible()
    faults += look_at(page, "tokens-fault")
    page.get_by_label("See and download exports").check()
    page.get_by_role("button", name="Make Token").click()

    shown = page.locator(".banner.success dd code")
    expect(shown).to_have_text(re.compile("^bbp_"))
    faults += look_at(page, "tokens-made")
    page.goto(f"{site.base_url}/account/tokens/")
    expect(page.get_by_text("Nightly export")).to_be_visible()
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Revoke Nightly export").click()
    expect(page.get_by_text("it opens nothing any more")).to_be_visible()
    assert faults == []


def test_a_client_is_made_and_gets_a_token(site: Site, page: Page) -> None:
    sign_in(page, site, ADMIN)
    page.get_by_role("link", name="API clients").first.click()
    expect(page.get_by_text("No client yet")).to_be_visible()
    faults = look_at(page, "clients-empty")
    page.get_by_text("New Client", exact=True).click()
    page.get_by_label("Name").fill("Student records")
    page.get_by_label("Add and change members and groups").check()
    page.get_by_role("button", name="Make Client").click()
    shown = page.locator(".banner.success dd code")
    expect(shown.nth(1)).to_have_text(re.compile("^bbc_"))
    faults += look_at(page, "clients-made")

    issued = ask_token(site, shown.nth(0).inner_text(), shown.nth(1).inner_text())
    page.goto(f"{site.base_url}/workspaces/{SLUG}/clients/")
    page.get_by_role("button", name="Revoke Student records").click()
    expect(page.get_by_text("with every token that it got")).to_be_visible()

    assert issued["scope"] == "people:write"
    assert str(issued["access_token"]).startswith("bbs_")
    assert faults == []


def test_the_description_of_the_api_is_a_page(site: Site, page: Page) -> None:
    page.goto(f"{site.base_url}/api/v1/docs")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert look_at(page, "api-docs") == []


def ask_token(site: Site, client_id: str, secret: str) -> dict[str, object]:
    form = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    with urllib.request.urlopen(  # noqa: S310 - our own address
        f"{site.base_url}/api/v1/oauth/token", form.encode(), timeout=30
    ) as answer:
        body: dict[str, object] = json.load(answer)
    return body
