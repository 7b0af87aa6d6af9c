"""Driving a real Chromium, and looking at a page in two sizes and two themes."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.functional.sites import PASSWORD, Site

ARGUMENTS = [
    "--no-sandbox",  # CI runs as root in a sandbox of its own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
THEMES = ("light", "dark")
PATIENCE_MILLISECONDS = 45_000  # a loaded machine is slow; what never comes still fails
SCREENSHOTS = os.environ.get("BOOKBAG_TEST_SCREENSHOTS", "")
"""A folder for pictures of every page that is looked at; none without it."""

expect.set_options(timeout=PATIENCE_MILLISECONDS)


def sign_in(page: Page, site: Site, email: str) -> None:
    """Sign in through the page, as a person does."""
    page.goto(f"{site.base_url}/accounts/login/")
    page.get_by_label("E-mail or user name").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state("networkidle")


def look_at(page: Page, name: str) -> list[str]:
    """Look at the open page in each size and theme and return what is wrong with it.

    Wrong are violations that axe-core finds, a page that scrolls sideways, and
    anything that the browser's console complains about.
    """
    faults = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # a literal
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(150)  # transitions end
            where = f"{name}, {theme}, {size}"
            faults += [f"{where}: {fault}" for fault in _find_faults(page, width)]
            _take_picture(page, f"{name}-{theme}-{size}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return faults


def _find_faults(page: Page, width: int) -> list[str]:
    found = Axe().run(page).response["violations"]
    faults = [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found
        for node in violation["nodes"]
    ]
    needed = page.evaluate("document.documentElement.scrollWidth")
    if needed > width:
        faults.append(f"scrolls sideways: {needed} pixels, expected at most {width}")
    return faults


def _take_picture(page: Page, name: str) -> None:
    if SCREENSHOTS:
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
