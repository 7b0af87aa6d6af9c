"""A whole site whose exports are kept on a real object store."""

import hashlib
import zipfile

import pytest
from playwright.sync_api import Download, Page, expect

from tests.functional.browsers import sign_in
from tests.functional.sites import TEACHER, Site
from tests.stores import ACCESS_KEY, SECRET, StoreServer

pytestmark = pytest.mark.browser


def test_a_teacher_downloads_straight_from_the_store(
    page: Page, store_server: StoreServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bucket = store_server.make_bucket()
    storage = {
        "BOOKBAG_STORAGE_URL": f"s3://{bucket}/kept?endpoint={store_server.endpoint_url}",
        "BOOKBAG_STORAGE_ACCESS_KEY": ACCESS_KEY,
        "BOOKBAG_STORAGE_SECRET_KEY": SECRET,
    }
    with Site(tmp_path_factory.mktemp("site"), **storage) as site:
        site.load_sample(students=2)
        site.serve()
        download = _export_and_download(page, site)
        path = download.path()

        ((key, sha256),) = site.query(
            "SELECT storage_key, sha256 FROM exports_export WHERE state = 'ready'"
        )
        assert download.url.startswith(store_server.endpoint_url)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        assert f"kept/{key}" in store_server.list_keys(bucket)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        assert list((site.folder / "var" / "staging" / "staged").iterdir()) == []
        expect(page.locator("#export-panel")).to_be_visible()


def _export_and_download(page: Page, site: Site) -> Download:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin", exact=True).click()
    page.get_by_role("link", name="Export links").click()
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download(timeout=60_000) as started:
        page.locator("#export-panel").get_by_role("button", name="Download").click()
    return started.value
