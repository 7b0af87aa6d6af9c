"""Sending exports to real storage, set up and watched in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, Site
from tests.stores import ACCESS_KEY, SECRET, SftpServer, StoreServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sending_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may reach the tests' own storage."""
    folder = tmp_path_factory.mktemp("site")
    with Site(folder, BOOKBAG_PRIVATE_TARGETS="127.0.0.1/32") as site:
        site.load_sample(students=2)
        site.serve()
        yield site


def test_an_admin_sets_targets_up_and_sends_an_export_to_both(
    sending_site: Site,
    page: Page,
    store_server: StoreServer,
    sftp_server: SftpServer,
    tmp_path: Path,
) -> None:
    sign_in(page, sending_site, ADMIN)
    bucket = store_server.make_bucket()
    faults = _add_store(page, store_server, bucket)
    faults += _add_sftp_server(page, sftp_server, tmp_path.name)
    page.get_by_role("link", name="Delivery targets").first.click()
    expect(page.get_by_text("Works")).to_have_count(2)
    faults += look_at(page, "delivery-targets")

    page.goto(f"{sending_site.base_url}/courses/")
    faults += _export_and_send(page)

    (path,) = (sftp_server.folder / tmp_path.name).iterdir()
    assert path.read_bytes() == store_server.read(bucket, f"exports/{path.name}")
    assert faults == []


def _export_and_send(page: Page) -> list[str]:
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin", exact=True).click()
    page.get_by_role("link", name="Export links").click()
    page.get_by_label("Send to").select_option("Send to Archive bucket")
    faults = look_at(page, "export-and-send")
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("#export-panel table a.row-name").first.click()
    expect(page.get_by_text("Read back and the same as the export")).to_have_count(1)
    page.get_by_label("Target").select_option("Records office")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Read back and the same as the export")).to_have_count(2)
    return faults + look_at(page, "deliveries")


def _add_store(page: Page, server: StoreServer, bucket: str) -> list[str]:
    page.get_by_role("link", name="Delivery targets").first.click()
    expect(page.get_by_text("No target yet")).to_be_visible()
    faults = look_at(page, "delivery-targets-none")
    page.get_by_text("Add Target", exact=True).click()
    page.get_by_role("link", name="S3-compatible storage").click()
    page.get_by_label("Name, as people choose it").fill("Archive bucket")
    page.get_by_label("Endpoint URL").fill("ftp://nowhere")
    page.get_by_label("Secret key").fill("never-shown-again")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("expected an address such as https://host")).to_be_visible()
    faults += look_at(page, "delivery-target-refused")
    assert "never-shown-again" not in page.content()
    page.get_by_label("Endpoint URL").fill(server.endpoint_url)
    page.get_by_label("Bucket").fill(bucket)
    page.get_by_label("Prefix").fill("exports")
    page.get_by_label("Access key").fill(ACCESS_KEY)
    page.get_by_label("Secret key").fill(SECRET)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    assert SECRET not in page.content()
    return faults


def _add_sftp_server(page: Page, server: SftpServer, folder: str) -> list[str]:
    page.get_by_role("link", name="Delivery targets").first.click()
    page.get_by_text("Add Target", exact=True).click()
    page.get_by_role("link", name="SFTP server").click()
    page.get_by_label("Name, as people choose it").fill("Records office")
    page.get_by_label("Server").fill(server.address)
    page.get_by_label("Folder").fill(str(server.folder / folder))
    page.get_by_label("User").fill(server.user)
    page.get_by_label("Password, or private key").fill(server.user_key.private)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("Is this the server's key?")).to_be_visible()
    faults = look_at(page, "delivery-target-key")
    page.get_by_role("button", name="Confirm this key").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    return faults + look_at(page, "delivery-target")
