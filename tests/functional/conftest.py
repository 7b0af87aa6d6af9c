"""Fixtures that run Bookbag as people do: ``bookbag serve`` on a port of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import services
from tests.functional.browsers import ARGUMENTS, PATIENCE_MILLISECONDS
from tests.functional.sites import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the sample course that serves pages and compiles exports."""
    with Site(tmp_path_factory.mktemp("site")) as running:
        running.load_sample(students=6)
        running.serve()
        yield running


@pytest.fixture
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of one test's own, on which nothing runs yet."""
    with Site(tmp_path_factory.mktemp("site")) as stopped:
        yield stopped


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
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: _note(complaints, message.type, message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        complaints.append(text)
