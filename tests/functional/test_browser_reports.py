"""Export Data, Users, Groups and role-play, in a real browser on a real site."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, TEACHER, WORKSPACE, Site

pytestmark = pytest.mark.browser

SLUG = "example-university"
ROWS = 60
NEWEST = "SELECT id FROM exports_export ORDER BY requested_at DESC LIMIT 1"
HOSTILE = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def roleplay_site(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    path = tmp_path_factory.mktemp("sessions") / "sessions.csv"
    lines = ["session_id,email,first_name,scenario,score,program,started_at,ended_at"]
    for number in range(ROWS):
        person = f"p{number % 7}@example.edu,{HOSTILE}" if number % 7 else f"{TEACHER},"
        times = f"2026-10-01T10:{number:02}:00Z,2026-10-01T11:00:00Z"
        lines.append(
            f"s{number},{person},Pitch {number % 3},{number},Onboarding,{times}"
        )
    path.write_text("\n".join(lines))
    done = site.run("load", "--sessions", str(path), f"--workspace={WORKSPACE}")
    assert done.returncode == 0, done.stderr
    return site


def open_page(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.base_url}/workspaces/{SLUG}/{name}/")


def open_signed_in(page: Page, site: Site, name: str) -> None:
    sign_in(page, site, ADMIN)
    open_page(page, site, name)


def download(page: Page, button: str) -> list[dict[str, str]]:
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name=button).first.click()
    text = started.value.path().read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def change_newest(site: Site, changes: str) -> None:
    """Change the export that was asked for last behind everybody's back."""
    site.query(f"UPDATE exports_export SET {changes} WHERE id = ({NEWEST})")  # noqa: S608


@pytest.mark.parametrize(
    ("where", "button", "column"),
    [
        ("export-data", "Download CSV: All sessions", "session_link"),
        ("export-data", "Download CSV: All users", "seat_type"),
        ("export-data", "Download CSV: All groups", "group_name"),
        ("audit", "Download CSV: The audit log", "digest"),
        ("users", "Download CSV: All users", "seat_type"),
        ("groups", "Download CSV: All groups", "group_name"),
        ("sessions", "Download CSV: All sessions", "session_link"),
    ],
)
def test_each_button_downloads_its_file_by_itself(
    roleplay_site: Site,
    page: Page,
    where: str,
    button: str,
    column: str,
) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, where)

    rows = download(page, button)

    assert column in (rows[0] if rows else {column: ""})
    page.locator("#report-banner").get_by_text("exported").first.wait_for()
    expect(page.get_by_role("button", name=button).first).to_be_enabled()


def test_the_file_comes_on_another_page_and_after_a_reload(
    roleplay_site: Site, page: Page
) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, "export-data")
    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Download CSV: All sessions").click()
        page.goto(f"{roleplay_site.base_url}/courses/")
        page.reload()

    text = started.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == ROWS
    assert rows[1]["first_name"] == f"'{HOSTILE}"


def test_another_format_is_chosen_in_the_menu(roleplay_site: Site, page: Page) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, "users")
    page.locator("summary", has=page.locator("svg")).filter(
        has=page.locator("use[href='#icon-down']")
    ).first.click()
    page.get_by_label("Purpose").fill("Yearly audit")
    faults = look_at(page, "report-menu")

    with page.expect_download(timeout=60_000) as started:
        page.get_by_role("button", name="Excel (.xlsx)").click()

    assert faults == []
    assert started.value.suggested_filename.endswith(".xlsx")
    given = roleplay_site.query("SELECT purpose FROM exports_exportrequester")
    assert ("Yearly audit",) in given


def test_a_report_that_is_done_says_so(roleplay_site: Site, page: Page) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, "export-data")
    faults = look_at(page, "export-data-idle")
    download(page, "Download CSV: All groups")
    page.locator("#report-banner").get_by_text("exported").first.wait_for()
    faults += look_at(page, "export-data-done")

    assert faults == []


def test_a_report_that_waits_disables_the_buttons_and_a_failure_says_why(
    roleplay_site: Site, page: Page
) -> None:
    site = roleplay_site
    sign_in(page, site, ADMIN)
    open_page(page, site, "export-data")
    download(page, "Download CSV: All users")
    change_newest(site, "state = 'running', lease_expires_at = '2099-01-01'")
    downloaded = "kind = 'downloaded' AND export_id = "
    site.query(f"DELETE FROM exports_exportevent WHERE {downloaded}({NEWEST})")  # noqa: S608
    page.reload()
    page.get_by_text("Generating report").wait_for()
    buttons = page.locator("[data-report-button]")
    for button in buttons.all():
        expect(button).to_be_disabled()
    faults = look_at(page, "export-data-generating")
    change_newest(
        site,
        "state = 'failed', failure_sentence = 'The disk is full.', "
        "finished_at = datetime('now')",
    )
    page.get_by_text("The disk is full.").first.wait_for()
    faults += look_at(page, "export-data-failed")
    page.get_by_role("alert").get_by_role("button", name="Dismiss").click()
    page.locator("#report-banner .danger").wait_for(state="detached")

    assert faults == []


def test_users_are_added_changed_and_deactivated(
    roleplay_site: Site, page: Page
) -> None:
    open_signed_in(page, roleplay_site, "users")
    page.get_by_text("Add Users", exact=True).click()
    page.get_by_label("E-mail addresses, or CSV").fill("new@example.edu\nnobody")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Line 2: Found 'nobody', expected an e-mail address").wait_for()
    faults = look_at(page, "users-fault")
    page.get_by_label("E-mail addresses, or CSV").fill(
        "email,first_name,last_name,role\nnew@example.edu,Noor,Haddad,Staff"
    )
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("1 user added.").wait_for()
    page.get_by_placeholder("Name or e-mail").fill("noor")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("1 user", exact=True).wait_for()
    faults += look_at(page, "users")
    page.get_by_label("Change Noor Haddad").click()
    faults += look_at(page, "users-menu")
    page.get_by_role("button", name="Invite again").click()
    page.get_by_text("The invitation of Noor Haddad is on its way").wait_for()
    page.get_by_label("Change Noor Haddad").click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_text("Noor Haddad is up to date.").wait_for()
    page.get_by_label("Status").select_option("Deactivated")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("new@example.edu").wait_for()

    assert faults == []


def test_a_group_is_made_filled_and_deleted(roleplay_site: Site, page: Page) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, "groups")
    page.get_by_text("Add Group", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Sales, north")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("expected a name of 1 to 200 without a comma").wait_for()
    page.get_by_label("Name", exact=True).fill("Sales")
    page.get_by_label("Members' e-mail").fill(f"{TEACHER} p1@example.edu")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Make Group Admin").first.click()
    page.get_by_text("Group Admin", exact=True).wait_for()
    faults = look_at(page, "group")
    open_page(page, roleplay_site, "groups")
    faults += look_at(page, "groups")
    page.get_by_role("link", name="Sales").click()
    page.get_by_label("Yes, delete it").check()
    page.get_by_role("button", name="Delete group").click()
    page.get_by_text("its members stay users").wait_for()

    assert faults == []


def test_sessions_are_found_and_opened(roleplay_site: Site, page: Page) -> None:
    sign_in(page, roleplay_site, ADMIN)
    faults = []
    for name in ("scenarios", "programs", "sessions"):
        open_page(page, roleplay_site, name)
        faults += look_at(page, name)
    page.get_by_label("Scenario").select_option("Pitch 1")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("20 sessions").wait_for()
    page.get_by_role("link", name="Pitch 1").first.click()
    page.get_by_text("through the program Onboarding").wait_for()
    faults += look_at(page, "session")

    assert faults == []


def test_who_is_no_admin_sees_nothing_of_it(roleplay_site: Site, page: Page) -> None:
    sign_in(page, roleplay_site, TEACHER)

    links = [link.inner_text() for link in page.locator(".sidebar a").all()]
    open_page(page, roleplay_site, "sessions")
    page.get_by_text("Your recorded sessions").wait_for()

    assert not {"Export Data", "Users", "Groups", "Scenarios"} & set(links)
    expect(page.locator("[data-report-button]")).to_have_count(0)
    answer = page.request.get(
        f"{roleplay_site.base_url}/workspaces/{SLUG}/export-data/"
    )
    assert answer.status == 403


def test_the_audit_log_tells_what_an_admin_has_just_done(
    roleplay_site: Site, page: Page
) -> None:
    sign_in(page, roleplay_site, ADMIN)
    open_page(page, roleplay_site, "groups")
    page.get_by_text("Add Group", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Auditors")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="Auditors").wait_for()

    page.get_by_role("link", name="Audit").first.click()
    page.locator(".row-name", has_text="Added a group").first.wait_for()
    faults = look_at(page, "audit")
    page.get_by_label("What was done").select_option("group.added")
    page.get_by_placeholder("Person, thing, address").fill("Auditors 127.0.0.1")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("1 entry", exact=True).wait_for()
    page.get_by_placeholder("Person, thing, address").fill("nothing at all")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("No entry matches").wait_for()
    faults += look_at(page, "audit-none")

    assert faults == []
